//! The money at Twilio, and what is left of it after the coming week. A page of its own, because Twilio is asked for it and every
//! number that is paid for is looked through; the overview shows it as soon as it is there.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::record::{Runway, Sales};
use super::{OVERVIEW, tabs};
use crate::DashboardState;
use crate::api::Api;
use crate::error::Failure;
use crate::format::Formats;
use crate::funds::money;
use crate::link::Tab;
use crate::page::{Frame, Section, html};
use crate::refusal::Refusal;
use crate::visitor::Visit;

#[derive(Template)]
#[template(path = "operator/balance.html")]
struct BalancePage {
    frame: Frame,
    tabs: Vec<Tab>,
    figures: Option<Figures>,
    unreadable: Option<String>,
}

/// The money at the carrier.
struct Figures {
    balance: String,
    fees: String,
    renewals: String,
    unpriced: Option<String>,
    left: Option<String>,
    is_short: bool,
    floor: Option<String>,
}

pub(super) async fn show(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
) -> Result<Response, Failure> {
    let sales: Sales = Api::new(&state.api, &visit).get("/api/operator/sales", &()).await?;
    let figures = sales.runway.as_ref().map(|runway| figures(&visit.formats, &sales, runway)).transpose()?;
    html(&BalancePage {
        frame: Frame::new(&state, &visit, Section::Operator),
        tabs: tabs(OVERVIEW),
        figures,
        unreadable: sales.unreadable,
    })
}

fn figures(formats: &Formats, sales: &Sales, runway: &Runway) -> Result<Figures, Refusal> {
    let in_words = |amount| money(amount, runway.currency).map(|sum| formats.money(sum));
    let left = runway.left.as_ref().map(|left| money(left, runway.currency)).transpose()?;
    let floor = sales.floor.as_ref().map(|floor| money(floor, runway.currency)).transpose()?;
    let is_short = match (left, floor) {
        (Some(left), Some(floor)) => left.micros() < floor.micros(),
        (Some(left), None) => left.is_negative(),
        (None, _) => true,
    };
    Ok(Figures {
        balance: in_words(&runway.balance)?,
        fees: in_words(&runway.coming_fees)?,
        renewals: formats.count(runway.renewals),
        unpriced: (runway.unpriced > 0).then(|| formats.count(runway.unpriced)),
        left: left.map(|sum| formats.money(sum)),
        is_short,
        floor: floor.map(|sum| formats.money(sum)),
    })
}

//! Whether numbers are sold, for how long Twilio's balance lasts, and what waits for an operator.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::numbers::NUMBERS;
use super::orders::ORDERS;
use super::reconciliation::RECONCILIATION;
use super::record::{Alarms, Approvals, Runway, Sales, Switched};
use super::{ALARMS, APPROVALS, OVERVIEW, reason, tabs};
use crate::DashboardState;
use crate::api::Api;
use crate::error::Failure;
use crate::form::{Field, Note, Trouble};
use crate::format::Formats;
use crate::funds::money;
use crate::link::{Tab, link};
use crate::page::{Frame, Section};
use crate::refusal::Refusal;
use crate::visitor::Visit;

const SHOWN: &[&str] = &["reason"];
/// Of a list so many are counted; beyond it the page says that there are more.
const COUNTED: &str = "100";

/// What was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Done {
    done: String,
}

/// The switch as it is sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    #[serde(rename = "do")]
    what: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "operator/overview.html")]
struct OverviewPage {
    frame: Frame,
    tabs: Vec<Tab>,
    note: Option<Note>,
    state: (&'static str, &'static str),
    /// What holds sales back, in sentences.
    why: Vec<String>,
    is_stopped: bool,
    today: String,
    reason: Field,
    figures: Option<Figures>,
    unreadable: Option<String>,
    waiting: Vec<Waiting>,
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

/// Something that waits for an operator.
struct Waiting {
    what: &'static str,
    address: &'static str,
    count: String,
    is_any: bool,
}

pub(super) async fn show(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Query(query): Query<Done>,
) -> Result<Response, Failure> {
    let note = match query.done.as_str() {
        "stop" => Some(Note::good("Sales are stopped. What has been begun goes on to its end.")),
        "start" => Some(Note::good("The stop is over.")),
        "nothing" => Some(Note::good("It stood like that already, and nothing was changed.")),
        _ => None,
    };
    page(&state, &visit, &Sent::default(), note, &Trouble::NONE).await
}

/// Stops sales or starts them again.
pub(super) async fn switch(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let path = match sent.what.as_str() {
        "stop" => "/api/operator/sales/stop",
        "start" => "/api/operator/sales/start",
        _ => return Err(Failure::Absent),
    };
    let body = json!({ "reason": sent.reason });
    match Api::new(&state.api, &visit).change::<Switched>(Method::POST, path, Some(body)).await {
        Ok(Switched { changed }) => {
            let done = if changed { sent.what.as_str() } else { "nothing" };
            Ok(Redirect::to(&link(OVERVIEW, &[("done", done)])).into_response())
        }
        Err(refusal) => page(&state, &visit, &sent, None, &Trouble::of(refusal, SHOWN)).await,
    }
}

async fn page(
    state: &DashboardState,
    visit: &Visit,
    sent: &Sent,
    note: Option<Note>,
    trouble: &Trouble,
) -> Result<Response, Failure> {
    let api = Api::new(&state.api, visit);
    let sales: Sales = api.get("/api/operator/sales", &()).await?;
    let formats = &visit.formats;
    let figures = sales.runway.as_ref().map(|runway| figures(formats, &sales, runway)).transpose()?;
    let today = formats.count(sales.purchases_today);
    let page = OverviewPage {
        frame: Frame::new(state, visit, Section::Operator),
        tabs: tabs(OVERVIEW),
        note: trouble.note().or(note),
        state: if sales.open { ("Numbers are sold", "good") } else { ("No numbers are sold", "bad") },
        why: held_back_by(visit, &sales),
        is_stopped: sales.stop.is_some(),
        today: match sales.purchases_per_day {
            Some(most) => format!("{today} of {} today, by UTC", formats.count(most)),
            None => format!("{today} today, by UTC"),
        },
        reason: reason("reason").value(&sent.reason).after(trouble),
        figures,
        unreadable: sales.unreadable,
        waiting: waiting(&api, formats).await?,
    };
    trouble.answer(&page)
}

fn held_back_by(visit: &Visit, sales: &Sales) -> Vec<String> {
    let stop = sales.stop.as_ref().map(|stop| {
        let (by, since) = (stop.by.name(visit), visit.formats.moment(stop.since));
        format!("Stopped by {by} since {since}: {}", stop.reason)
    });
    let pause = sales.pause.as_ref().map(|pause| {
        let since = visit.formats.moment(pause.since);
        format!("Paused since {since}: the balance at Twilio does not cover the coming fees and the reserve. It ends by itself \
                 when there is money again.")
    });
    let is_used_up = sales.purchases_per_day.is_some_and(|most| sales.purchases_today >= most);
    let used_up = is_used_up.then(|| "As many numbers were sold today as may be sold on a day.".to_owned());
    stop.into_iter().chain(pause).chain(used_up).collect()
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

#[derive(Deserialize)]
struct Orders {
    orders: Vec<Order>,
}

#[derive(Deserialize)]
struct Order {
    status: String,
}

#[derive(Deserialize)]
struct Numbers {
    total: u64,
    orphans: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
struct Reports {
    reports: Vec<Report>,
}

#[derive(Deserialize)]
struct Report {
    found: u64,
}

async fn waiting(api: &Api<'_>, formats: &Formats) -> Result<Vec<Waiting>, Refusal> {
    let stuck = [("stuck", "true"), ("limit", COUNTED)];
    let orders: Orders = api.get("/api/operator/orders", &stuck).await?;
    let in_review = orders.orders.iter().filter(|order| order.status == "review").count();
    let numbers: Numbers = api.get("/api/operator/numbers", &[("review", "true"), ("limit", "1")]).await?;
    let to_approve: Approvals =
        api.get("/api/operator/approvals", &[("status", "waiting"), ("limit", COUNTED)]).await?;
    let alarms: Alarms = api.get("/api/operator/alarms", &[("limit", COUNTED)]).await?;
    let reports: Reports = api.get("/api/operator/reconciliations", &[("limit", "1")]).await?;
    let found = reports.reports.first().map_or(0, |report| report.found);
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let of_list = |length: usize, more: bool| (count(length), more);
    let has_more_orders = orders.orders.len() >= 100;
    let rows = [
        (
            "Orders that no machine can decide",
            "/operator/orders?state=review",
            of_list(in_review, has_more_orders),
        ),
        ("Orders under way", ORDERS, of_list(orders.orders.len(), has_more_orders)),
        (
            "Releases that wait for a decision",
            NUMBERS,
            (numbers.total.saturating_add(count(numbers.orphans.len())), false),
        ),
        ("Findings of the latest reconciliation", RECONCILIATION, (found, false)),
        (
            "Credits and corrections that a second operator must approve",
            APPROVALS,
            of_list(to_approve.approvals.len(), to_approve.next_cursor.is_some()),
        ),
        ("Open alarms", ALARMS, of_list(alarms.alarms.len(), alarms.more)),
    ];
    Ok(rows
        .map(|(what, address, (count, more))| Waiting {
            what,
            address,
            count: format!("{}{}", formats.count(count), if more { "+" } else { "" }),
            is_any: count > 0,
        })
        .into())
}

//! What limits the visitor: how many numbers, how many purchases, at which price, and which.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use trunkline_domain::Money;

use super::record::LimitsAnswer;
use super::{LIMITS, tabs};
use crate::DashboardState;
use crate::api::Api;
use crate::error::Failure;
use crate::format::Formats;
use crate::link::Tab;
use crate::numbers::{country_name, type_label};
use crate::page::{Frame, Section, html};
use crate::refusal::Refusal;
use crate::visitor::Visit;

#[derive(Template)]
#[template(path = "settings/limits.html")]
struct LimitsPage {
    frame: Frame,
    tabs: Vec<Tab>,
    rows: Vec<Row>,
}

/// One limit: what it is about, how much, and how much of it is used.
pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) limit: String,
    pub(crate) used: Option<String>,
}

pub(super) async fn show(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
) -> Result<Response, Failure> {
    let answer: LimitsAnswer = Api::new(&state.api, &visit).get("/api/limits", &()).await?;
    html(&LimitsPage {
        frame: Frame::new(&state, &visit, Section::Settings),
        tabs: tabs(&state, &visit, LIMITS),
        rows: rows(&visit.formats, &answer)?,
    })
}

/// What limits a user, a row for each limit.
pub(crate) fn rows(formats: &Formats, answer: &LimitsAnswer) -> Result<Vec<Row>, Refusal> {
    let LimitsAnswer { effective: limits, used } = answer;
    let count = |limit: Option<u64>| limit.map_or("No limit".to_owned(), |most| formats.count(most));
    let prices = limits.monthly_price.iter().flatten().map(|(currency, amount)| {
        let sum = currency.parse().and_then(|currency| Money::new(amount.0, currency));
        sum.map(|sum| formats.money(sum)).map_err(|_| Refusal::ours())
    });
    let prices = prices.collect::<Result<Vec<_>, _>>()?;
    let countries =
        limits.countries.as_ref().map(|codes| codes.iter().map(|code| country_name(code)).collect());
    let types = limits.number_types.as_ref().map(|names| names.iter().map(|name| type_label(name)).collect());
    let churn = limits.churn.is_some_and(|is_limited| is_limited);
    let churn = if churn { "5, or twice as many as you have" } else { "No limit" };
    let released = formats.count(used.released_in_30_days);
    Ok(vec![
        row("Numbers at a time", count(limits.numbers), Some(formats.count(used.numbers))),
        row(
            "Purchases on one day, by UTC",
            count(limits.purchases_per_day),
            Some(formats.count(used.purchases_today)),
        ),
        row(
            "Price of a number per month",
            named(limits.monthly_price.as_ref().map(|_| prices), "No limit"),
            None,
        ),
        row("Countries", named(countries, "All that are sold"), None),
        row("Types of numbers", named(types, "All that are sold"), None),
        row("Numbers given back within 30 days", churn.to_owned(), Some(released)),
    ])
}

const fn row(what: &'static str, limit: String, used: Option<String>) -> Row {
    Row { what, limit, used }
}

fn named<T: AsRef<str>>(names: Option<Vec<T>>, none: &str) -> String {
    let joined = |names: Vec<T>| names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    names.map_or_else(|| none.to_owned(), joined)
}

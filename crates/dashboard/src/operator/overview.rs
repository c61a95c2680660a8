//! Whether numbers are sold, and what waits for an operator. Twilio's balance is loaded into it (`balance.rs`).

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
use super::reconciliation::{RECONCILIATION, Report, Reports};
use super::record::{Alarms, Approvals, Sales, Switched};
use super::{ALARMS, APPROVALS, OVERVIEW, reason, tabs};
use crate::DashboardState;
use crate::api::Api;
use crate::error::Failure;
use crate::form::{Field, Note, Trouble};
use crate::format::Formats;
use crate::link::{Tab, link};
use crate::page::{Frame, Section};
use crate::refusal::Refusal;
use crate::visitor::Visit;

const SHOWN: &[&str] = &["reason"];
const ORDERS_IN_REVIEW: &str = "/operator/orders?state=review";
/// Of a list so many are counted; beyond it the page says that there are more.
const COUNTED: usize = 100;

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
    waiting: Vec<Waiting>,
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
    page(&state, &visit, &Sent::default(), &query.done, &Trouble::NONE).await
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
        Err(refusal) => page(&state, &visit, &sent, "", &Trouble::of_operators(refusal, SHOWN)).await,
    }
}

async fn page(
    state: &DashboardState,
    visit: &Visit,
    sent: &Sent,
    done: &str,
    trouble: &Trouble,
) -> Result<Response, Failure> {
    let api = Api::new(&state.api, visit);
    // The balance comes by itself: Twilio is asked for it, and may take its time.
    let sales: Sales = api.get("/api/operator/sales", &[("runway", "false")]).await?;
    let formats = &visit.formats;
    let today = formats.count(sales.purchases_today);
    let page = OverviewPage {
        frame: Frame::new(state, visit, Section::Operator),
        tabs: tabs(OVERVIEW),
        note: trouble.note().or_else(|| said_of(done, sales.stop.is_some())),
        state: if sales.open { ("Numbers are sold", "good") } else { ("No numbers are sold", "bad") },
        why: held_back_by(visit, &sales),
        is_stopped: sales.stop.is_some(),
        today: match sales.purchases_per_day {
            Some(most) => format!("{today} of {} today, by UTC", formats.count(most)),
            None => format!("{today} today, by UTC"),
        },
        reason: reason("reason").value(&sent.reason).after(trouble),
        waiting: waiting(&api, formats).await?,
    };
    trouble.answer(&page)
}

/// What was just done, if it is still so.
fn said_of(done: &str, is_stopped: bool) -> Option<Note> {
    match (done, is_stopped) {
        ("stop", true) => Some(Note::good("Sales are stopped. What has been begun goes on to its end.")),
        ("start", false) => Some(Note::good("The stop is over.")),
        ("nothing", _) => Some(Note::good("It stood like that already, and nothing was changed.")),
        (_, _) => None,
    }
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

#[derive(Deserialize)]
struct Orders {
    orders: Vec<IgnoredAny>,
    #[serde(rename = "nextCursor")]
    next_cursor: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Numbers {
    total: u64,
    orphans: Vec<IgnoredAny>,
}

async fn waiting(api: &Api<'_>, formats: &Formats) -> Result<Vec<Waiting>, Refusal> {
    let counted = COUNTED.to_string();
    let limit = ("limit", counted.as_str());
    let orders = async |which: (&str, &str)| {
        let orders: Orders = api.get("/api/operator/orders", &[which, limit]).await?;
        Ok::<_, Refusal>((orders.orders.len(), orders.next_cursor.is_some()))
    };
    let (in_review, undecided) = (orders(("state", "review")).await?, orders(("stuck", "true")).await?);
    let numbers: Numbers = api.get("/api/operator/numbers", &[("review", "true"), limit]).await?;
    let to_approve: Approvals = api.get("/api/operator/approvals", &[("status", "waiting"), limit]).await?;
    let alarms: Alarms = api.get("/api/operator/alarms", &[limit]).await?;
    let latest = [("limit", "1"), ("findings", "0")];
    let reports: Reports = api.get("/api/operator/reconciliations", &latest).await?;
    let left = reports.reports.first().map_or(0, Report::remaining);
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let of_list = |(length, more): (usize, bool)| (count(length), more);
    let rows = [
        ("Orders that no machine can decide", ORDERS_IN_REVIEW, of_list(in_review)),
        ("Orders that are not decided, those included", ORDERS, of_list(undecided)),
        (
            "Releases that wait for a decision",
            NUMBERS,
            (numbers.total.saturating_add(count(numbers.orphans.len())), numbers.orphans.len() >= COUNTED),
        ),
        ("Findings of the latest reconciliation that are not repaired", RECONCILIATION, (left, false)),
        (
            "Credits and corrections that a second operator must approve",
            APPROVALS,
            of_list((to_approve.approvals.len(), to_approve.next_cursor.is_some())),
        ),
        ("Open alarms", ALARMS, of_list((alarms.alarms.len(), alarms.more))),
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

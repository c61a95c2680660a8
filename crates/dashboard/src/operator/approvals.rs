//! Credits and corrections that are more than one operator may move: another one approves them, or rejects them.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::customers::customer_page;
use super::record::{Approval, Approvals};
use super::{APPROVALS, reason, tabs};
use crate::DashboardState;
use crate::api::{Api, segment};
use crate::error::Failure;
use crate::form::{Field, Note, Trouble};
use crate::format::Formats;
use crate::funds::money;
use crate::link::{Tab, link};
use crate::page::{Frame, Section};
use crate::refusal::Refusal;
use crate::visitor::Visit;

const SHOWN: &[&str] = &["reason"];
/// How many approvals a page shows.
const PAGE: &str = "25";
/// The statuses to choose from, and their words.
const STATES: [(&str, &str, &str); 4] = [
    ("waiting", "Waiting", "waiting"),
    ("approved", "Approved", "good"),
    ("rejected", "Rejected", "bad"),
    ("expired", "Expired", "plain"),
];

/// Whatever became of them.
const ALL: &str = "all";

/// Which approvals, and what was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ApprovalQuery {
    /// With which status; those that wait where it is empty.
    status: String,
    cursor: String,
    done: String,
}

/// A decision as it is sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    #[serde(rename = "do")]
    what: String,
    approval: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "operator/approvals.html")]
struct ApprovalsPage {
    frame: Frame,
    tabs: Vec<Tab>,
    note: Option<Note>,
    states: Vec<(&'static str, &'static str, bool)>,
    rows: Vec<Row>,
    newest: Option<String>,
    older: Option<String>,
}

struct Row {
    id: String,
    what: String,
    customer: String,
    customer_address: String,
    why: String,
    asked: String,
    state: (&'static str, &'static str),
    /// Until when it can be decided, while it waits.
    until: Option<String>,
    /// By whom, when and why it was decided.
    decided: Option<String>,
    reason: Field,
}

pub(super) async fn list(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Query(query): Query<ApprovalQuery>,
) -> Result<Response, Failure> {
    let note = match query.done.as_str() {
        "approve" => Some(Note::good("Approved: the money is moved.")),
        "reject" => Some(Note::good("Rejected: no money moves.")),
        _ => None,
    };
    page(&state, &visit, &query, &Sent::default(), note, &Trouble::NONE).await
}

pub(super) async fn decide(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    if !matches!(sent.what.as_str(), "approve" | "reject") {
        return Err(Failure::Absent);
    }
    let path = format!("/api/operator/approvals/{}/{}", segment(&sent.approval), sent.what);
    let body = json!({ "reason": sent.reason });
    match Api::new(&state.api, &visit).change::<Value>(Method::POST, &path, Some(body)).await {
        Ok(_) => Ok(Redirect::to(&link(APPROVALS, &[("done", &sent.what)])).into_response()),
        Err(refusal) => {
            let trouble = Trouble::of_operators(refusal, SHOWN);
            page(&state, &visit, &ApprovalQuery::default(), &sent, None, &trouble).await
        }
    }
}

async fn page(
    state: &DashboardState,
    visit: &Visit,
    query: &ApprovalQuery,
    sent: &Sent,
    note: Option<Note>,
    trouble: &Trouble,
) -> Result<Response, Failure> {
    let status = if query.status.is_empty() { "waiting" } else { &query.status };
    let asked = if status == ALL { "" } else { status };
    let asked = [("status", asked), ("cursor", &query.cursor), ("limit", PAGE)];
    let asked: Vec<_> = asked.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let listed: Approvals = Api::new(&state.api, visit).get("/api/operator/approvals", &asked).await?;
    let at = |cursor: &str| link(APPROVALS, &[("status", status), ("cursor", cursor)]);
    let rows = listed.approvals.into_iter().map(|approval| row(visit, approval, sent, trouble));
    let chosen = STATES.map(|(name, text, _)| (name, text, name == status));
    let page = ApprovalsPage {
        frame: Frame::new(state, visit, Section::Operator),
        tabs: tabs(APPROVALS),
        note: trouble.note().or(note),
        states: chosen.into_iter().chain([(ALL, "All", status == ALL)]).collect(),
        rows: rows.collect::<Result<_, _>>()?,
        newest: (!query.cursor.is_empty()).then(|| at("")),
        older: listed.next_cursor.map(|cursor| at(&cursor)),
    };
    trouble.answer(&page)
}

/// What would be done.
pub(super) fn in_words(formats: &Formats, approval: &Approval) -> Result<String, Refusal> {
    let amount = formats.money(money(&approval.amount, approval.currency)?);
    Ok(match (approval.operation.as_str(), approval.direction.as_str()) {
        ("credit", _) => format!("Put {amount} in"),
        (_, "credit") => format!("Correct by adding {amount}"),
        (_, _) => format!("Correct by taking {amount} out"),
    })
}

fn row(visit: &Visit, approval: Approval, sent: &Sent, trouble: &Trouble) -> Result<Row, Refusal> {
    let formats = &visit.formats;
    let what = in_words(formats, &approval)?;
    let decided = approval.decided_by.as_ref().zip(approval.decided_at).map(|(by, at)| {
        let why = approval.decision_reason.as_deref().unwrap_or_default();
        format!("{}, {}: {why}", by.name(visit), formats.moment(at))
    });
    let state = STATES.iter().find(|(name, ..)| *name == approval.status);
    let is_waiting = approval.status == "waiting";
    let field = reason(format!("reason-{}", approval.id));
    Ok(Row {
        what,
        customer_address: customer_page(&approval.user_id),
        customer: approval.user_id,
        why: approval.reason,
        asked: format!("{}, {}", approval.asked_by.name(visit), formats.moment(approval.asked_at)),
        state: state.map_or(("Unknown", "plain"), |(_, text, tone)| (*text, *tone)),
        until: is_waiting.then(|| formats.moment(approval.expires_at)),
        decided,
        reason: if sent.approval == approval.id { field.value(&sent.reason).after(trouble) } else { field },
        id: approval.id,
    })
}

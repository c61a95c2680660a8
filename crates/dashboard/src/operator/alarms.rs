//! What operators are woken for, and the end of an alarm by an operator's word.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::numbers::NUMBERS;
use super::orders::ORDERS;
use super::reconciliation::RECONCILIATION;
use super::record::{Alarms, RaisedAlarm};
use super::{ALARMS, OVERVIEW, reason, tabs};
use crate::DashboardState;
use crate::api::{Api, segment};
use crate::error::Failure;
use crate::form::{Field, Note, Trouble};
use crate::format::{Formats, in_words};
use crate::link::{Tab, link};
use crate::page::{Frame, Section};
use crate::visitor::Visit;

const SHOWN: &[&str] = &["reason"];

/// What an alarm is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Order,
    Number,
    Books,
    Balance,
    /// Something that has no page.
    Elsewhere,
}

/// Every alarm, by its name, with what its subject is.
const ABOUT: [(&str, About); 22] = [
    ("order_undecided", About::Order),
    ("order_in_review", About::Order),
    ("purchase_hit_owned_number", About::Order),
    ("purchase_answer_mismatch", About::Order),
    ("second_number_for_order", About::Number),
    ("late_success", About::Number),
    ("settlement_conflict", About::Order),
    ("release_in_review", About::Number),
    ("orphan_in_review", About::Number),
    ("orphan_in_doubt", About::Number),
    ("unknown_order", About::Number),
    ("ghost_number", About::Number),
    ("books_contradict", About::Order),
    ("repairs_held_back", About::Books),
    ("reconciliation_overdue", About::Books),
    ("balance_low", About::Balance),
    ("balance_unreadable", About::Balance),
    ("payment_contradicts", About::Elsewhere),
    ("top_up_stalled", About::Elsewhere),
    ("ledger_unbalanced", About::Elsewhere),
    ("mail_undelivered", About::Elsewhere),
    ("recovery_panicked", About::Elsewhere),
];

/// Which alarms, and what was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AlarmQuery {
    all: String,
    done: String,
}

/// The end of one, as it is sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    alarm: String,
    subject: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "operator/alarms.html")]
struct AlarmsPage {
    frame: Frame,
    tabs: Vec<Tab>,
    note: Option<Note>,
    rows: Vec<Row>,
    has_all: bool,
    has_more: bool,
}

struct Row {
    /// How the API names it.
    alarm: String,
    what: String,
    sentence: String,
    subject: String,
    /// The page about it.
    page: Option<String>,
    details: Vec<(String, String)>,
    began: String,
    times: Option<String>,
    /// When it ended and how, if it has.
    end: Option<String>,
    reason: Field,
}

pub(super) async fn list(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Query(query): Query<AlarmQuery>,
) -> Result<Response, Failure> {
    let note = (query.done == "ended")
        .then(|| Note::good("The alarm is ended. Whoever finds the same again raises it again."));
    page(&state, &visit, &Sent::default(), !query.all.is_empty(), note, &Trouble::NONE).await
}

pub(super) async fn end(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let body = json!({ "alarm": sent.alarm, "subject": sent.subject, "reason": sent.reason });
    let api = Api::new(&state.api, &visit);
    match api.change::<Value>(Method::POST, "/api/operator/alarms/end", Some(body)).await {
        Ok(_) => Ok(Redirect::to(&link(ALARMS, &[("done", "ended")])).into_response()),
        Err(refusal) => {
            page(&state, &visit, &sent, false, None, &Trouble::of_operators(refusal, SHOWN)).await
        }
    }
}

async fn page(
    state: &DashboardState,
    visit: &Visit,
    sent: &Sent,
    has_all: bool,
    note: Option<Note>,
    trouble: &Trouble,
) -> Result<Response, Failure> {
    let asked: &[(&str, &str)] = if has_all { &[("all", "true")] } else { &[] };
    let listed: Alarms = Api::new(&state.api, visit).get("/api/operator/alarms", &asked).await?;
    let rows = listed.alarms.into_iter().enumerate();
    let page = AlarmsPage {
        frame: Frame::new(state, visit, Section::Operator),
        tabs: tabs(ALARMS),
        note: trouble.note().or(note),
        rows: rows.map(|(place, alarm)| row(&visit.formats, place, alarm, sent, trouble)).collect(),
        has_all,
        has_more: listed.more,
    };
    trouble.answer(&page)
}

fn row(formats: &Formats, place: usize, alarm: RaisedAlarm, sent: &Sent, trouble: &Trouble) -> Row {
    let reason = reason(format!("reason-{place}"));
    let is_sent = (&sent.alarm, &sent.subject) == (&alarm.name, &alarm.subject);
    let times = (alarm.times > 1).then(|| {
        let (times, last) = (formats.count(alarm.times), formats.moment(alarm.last_raised_at));
        format!("{times} times since then, the last time {last}")
    });
    Row {
        page: page_about(&alarm.name, &alarm.subject),
        what: in_words(&alarm.name),
        sentence: alarm.sentence,
        details: details(&alarm.details),
        began: formats.moment(alarm.raised_at),
        times,
        end: alarm.end.map(|end| format!("{}, {}", formats.moment(end.at), how(&end.reason))),
        reason: if is_sent { reason.value(&sent.reason).after(trouble) } else { reason },
        subject: alarm.subject,
        alarm: alarm.name,
    }
}

/// Where what an alarm is about can be looked at and decided, by what its subject is.
fn page_about(name: &str, subject: &str) -> Option<String> {
    let (_, about) = ABOUT.iter().find(|(alarm, _)| *alarm == name)?;
    let subject = segment(subject);
    match about {
        About::Order => Some(format!("{ORDERS}/{subject}")),
        About::Number => Some(format!("{NUMBERS}/{subject}")),
        About::Books => Some(RECONCILIATION.to_owned()),
        About::Balance => Some(OVERVIEW.to_owned()),
        About::Elsewhere => None,
    }
}

fn how(reason: &str) -> &str {
    match reason {
        "told" => "because all is well again",
        "cause_gone" => "because what it was about is gone",
        "operator" => "by an operator",
        other => other,
    }
}

/// Names and values that came with it, those with a value alone.
pub(super) fn details(details: &Value) -> Vec<(String, String)> {
    let members = details.as_object().into_iter().flatten();
    let said = members.filter(|(_, value)| !value.is_null());
    said.map(|(name, value)| (in_words(name), plain(value))).collect()
}

fn plain(value: &Value) -> String {
    match value.as_str() {
        // A name of ours, such as the reason of a review.
        Some(text) if text.contains('_') && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') => {
            in_words(text)
        }
        Some(text) => text.to_owned(),
        None => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use trunkline_alarms::Alarm;

    use super::*;

    #[test]
    fn what_comes_with_an_alarm_is_told_in_words() {
        let said = details(&json!({ "attempts": 12, "why": "strange_marker", "sid": null }));
        let expected = [("Attempts", "12"), ("Why", "Strange marker")];
        assert_eq!(said, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(page_about("order_in_review", "o/1").as_deref(), Some("/operator/orders/o%2F1"));
        assert_eq!(page_about("mail_undelivered", "mail"), None);
        assert!(Alarm::ALL.iter().all(|alarm| ABOUT.iter().any(|(name, _)| *name == alarm.as_str())));
    }
}

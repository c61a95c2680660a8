//! What operators are woken for, and the end of an alarm by an operator's word.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::record::{Alarm, Alarms};
use super::{ALARMS, reason, tabs};
use crate::DashboardState;
use crate::api::Api;
use crate::error::Failure;
use crate::form::{Field, Note, Trouble};
use crate::format::Formats;
use crate::link::{Tab, link};
use crate::page::{Frame, Section};
use crate::visitor::Visit;

const SHOWN: &[&str] = &["reason"];

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
        Err(refusal) => page(&state, &visit, &sent, false, None, &Trouble::of(refusal, SHOWN)).await,
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

fn row(formats: &Formats, place: usize, alarm: Alarm, sent: &Sent, trouble: &Trouble) -> Row {
    let reason = reason(format!("reason-{place}"));
    let is_sent = (&sent.alarm, &sent.subject) == (&alarm.name, &alarm.subject);
    let times = (alarm.times > 1).then(|| {
        let (times, last) = (formats.count(alarm.times), formats.moment(alarm.last_raised_at));
        format!("{times} times since then, the last time {last}")
    });
    Row {
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

/// An alarm's name as people write it: `ledger_unbalanced` is "Ledger unbalanced".
fn in_words(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).map(|letter| if letter == '_' { ' ' } else { letter }).collect()
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
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_people_do() {
        assert_eq!(in_words("ledger_unbalanced"), "Ledger unbalanced");
        assert_eq!(in_words(""), "");
        let said = details(&json!({ "attempts": 12, "why": "busy", "sid": null }));
        assert_eq!(said, [("Attempts".to_owned(), "12".to_owned()), ("Why".to_owned(), "busy".to_owned())]);
    }
}

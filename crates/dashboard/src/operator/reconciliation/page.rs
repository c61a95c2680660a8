//! `/operator/reconciliation`: the latest report or an older one, comparing again, and repairing.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::RECONCILIATION;
use super::findings::{Telling, Told};
use super::record::{Report, Reports};
use super::summary::{badge, findings, remarks, verdict};
use crate::DashboardState;
use crate::api::Api;
use crate::error::Failure;
use crate::form::{Field, Note};
use crate::format::Formats;
use crate::link::{Tab, link};
use crate::operator::decision::{Attempt, Decision, Sent};
use crate::operator::tabs;
use crate::page::{Frame, Section, html};
use crate::refusal::Refusal;
use crate::visitor::Visit;

/// How many findings a page shows.
const FINDINGS: usize = 50;

/// How many older reports are listed.
const REPORTS: &str = "20";

/// Which report, from which finding on, and what was done before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    begun: String,
    from: String,
    done: String,
}

impl Asked {
    fn first(&self) -> usize {
        self.from.parse().unwrap_or(0)
    }
}

#[derive(Template)]
#[template(path = "operator/reconciliation.html")]
struct ReconciliationPage {
    frame: Frame,
    tabs: Vec<Tab>,
    note: Option<Note>,
    /// Whether it is the latest report that is shown.
    is_latest: bool,
    report: Option<Shown>,
    repair_all: Option<Decision>,
    older: Vec<Row>,
}

/// A report.
struct Shown {
    when: String,
    verdict: Note,
    remarks: Vec<String>,
    findings: Vec<Told>,
    /// Which of them, where not all are shown.
    range: Option<String>,
    first: Option<String>,
    next: Option<String>,
}

/// A line of the list of reports.
struct Row {
    address: String,
    when: String,
    badge: (&'static str, &'static str),
    held: String,
    found: String,
    repaired: String,
    is_here: bool,
}

pub(super) async fn show(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    html(&page(&state, &visit, &asked, done(&asked.done), &Attempt::none()).await?)
}

pub(super) async fn act(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    match reconcile(&Api::new(&state.api, &visit), &sent).await {
        Ok(done) => Ok(Redirect::to(&link(RECONCILIATION, &[("done", done)])).into_response()),
        Err(refusal) => {
            let attempt = Attempt::refused(sent, refusal);
            attempt.answer(&page(&state, &visit, &Asked::default(), None, &attempt).await?)
        }
    }
}

/// Compares, and repairs what was asked for; answers what came of it.
async fn reconcile(api: &Api<'_>, sent: &Sent) -> Result<&'static str, Refusal> {
    let confirm = Some(sent.confirm.trim()).filter(|typed| !typed.is_empty());
    let (body, done) = match sent.what.as_str() {
        "look" => (json!({}), "looked"),
        "repair" => (json!({ "repair": true, "confirm": confirm }), "repaired"),
        "repair-one" if sent.number_sid.is_empty() => return Err(Refusal::absent()),
        "repair-one" => (json!({ "repair": true, "numberSid": sent.number_sid }), "repaired-one"),
        _ => return Err(Refusal::absent()),
    };
    let answer: Value = api.change(Method::POST, "/api/operator/reconciliations", Some(body)).await?;
    Ok(match (&answer["report"], &answer["report"]["heldBack"]) {
        (Value::Null, _) => "goes-on",
        (_, Value::Null) => done,
        (_, _) => "held-back",
    })
}

fn done(name: &str) -> Option<Note> {
    let note = |tone, text: &str| Some(Note { tone, text: text.to_owned() });
    match name {
        "looked" => note("good", "Both books were compared just now. Nothing was changed."),
        "repaired" => note(
            "good",
            "Both books were compared just now, and what may be repaired was. The report says what came of it.",
        ),
        "repaired-one" => {
            note("good", "Both books were compared just now. What came of the repair stands at its finding.")
        }
        "held-back" => note(
            "bad",
            "Nothing was repaired, and no money moved: it would have been more than is repaired unasked. The report says how many.",
        ),
        "goes-on" => note(
            "waiting",
            "The comparison takes longer than a page may wait. It goes on by itself; load this page again in a minute for its report.",
        ),
        _ => None,
    }
}

async fn page(
    state: &DashboardState,
    visit: &Visit,
    asked: &Asked,
    note: Option<Note>,
    attempt: &Attempt,
) -> Result<ReconciliationPage, Failure> {
    let api = Api::new(&state.api, visit);
    let formats = &visit.formats;
    let kept: Reports = api.get(PATH, &[("limit", REPORTS), ("findings", "0")]).await?;
    let latest = kept.reports.first().map(|report| report.begun_at);
    let wanted = asked.begun.parse::<DateTime<Utc>>().ok();
    let is_latest = wanted.is_none() || wanted == latest;
    let report = match (wanted.or(latest), asked.begun.is_empty() || wanted.is_some()) {
        (Some(begun), true) => Some(find(&api, begun).await?),
        (None, true) => None,
        (_, false) => return Err(Failure::Absent),
    };
    let telling = Telling { formats, attempt, currency: state.settings.default_currency, is_latest };
    let repair_all =
        report.as_ref().filter(|_| is_latest).and_then(|report| repair_all(attempt, formats, report));
    let here = report.as_ref().map(|report| report.begun_at);
    let shown = report.map(|report| shown(&telling, &report, asked));
    Ok(ReconciliationPage {
        frame: Frame::new(state, visit, Section::Operator),
        tabs: tabs(RECONCILIATION),
        note: attempt.note(repair_all.as_slice()).or(note),
        is_latest,
        report: shown,
        repair_all,
        older: kept.reports.iter().map(|report| row(formats, report, here)).collect(),
    })
}

const PATH: &str = "/api/operator/reconciliations";

/// The report that began then, with its findings.
async fn find(api: &Api<'_>, begun: DateTime<Utc>) -> Result<Report, Failure> {
    let found: Reports = api.get(PATH, &[("begunAt", moment(begun))]).await?;
    found.reports.into_iter().next().ok_or(Failure::Absent)
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn shown(telling: &Telling<'_>, report: &Report, asked: &Asked) -> Shown {
    let (formats, all) = (telling.formats, report.findings.len());
    let first = if asked.first() < all { asked.first() } else { 0 };
    let repairable = usize::try_from(report.repairable).unwrap_or(usize::MAX);
    let told = report.findings.iter().enumerate().skip(first).take(FINDINGS);
    let told: Vec<Told> = told.map(|(place, found)| telling.tell(place, repairable, found)).collect();
    let after = first + told.len();
    let begun = if telling.is_latest { String::new() } else { moment(report.begun_at) };
    let from = |place: usize| {
        let place = if place == 0 { String::new() } else { place.to_string() };
        link(RECONCILIATION, &[("begun", &begun), ("from", &place)])
    };
    let count = |count: usize| formats.count(u64::try_from(count).unwrap_or(u64::MAX));
    Shown {
        when: format!("{} to {}", formats.instant(report.begun_at), formats.instant(report.ended_at)),
        verdict: verdict(formats, report),
        remarks: remarks(formats, report),
        range: (told.len() < all).then(|| format!("{}–{} of {}", count(first + 1), count(after), count(all))),
        first: (first > 0).then(|| from(0)),
        next: (after < all).then(|| from(after)),
        findings: told,
    }
}

fn row(formats: &Formats, report: &Report, here: Option<DateTime<Utc>>) -> Row {
    Row {
        address: link(RECONCILIATION, &[("begun", &moment(report.begun_at))]),
        when: formats.instant(report.begun_at),
        badge: badge(report),
        held: formats.count(report.held),
        found: formats.count(report.found),
        repaired: formats.count(report.repairs.done),
        is_here: here == Some(report.begun_at),
    }
}

/// Repairing everything that is safe to repair, where there is anything. What is more than usual is typed in, so that nobody
/// repairs a wrong database by a click.
fn repair_all(attempt: &Attempt, formats: &Formats, report: &Report) -> Option<Decision> {
    let count = report.to_repair();
    if count == 0 || !report.complete {
        return None;
    }
    let says = vec![
        "Both books are compared once more. Numbers that nobody has and numbers that were given back are released at Twilio; numbers \
         that are set up otherwise are set up again where nobody else's settings are lost. No customer is charged or refunded."
            .to_owned(),
    ];
    let title = format!("Repair {}", findings(formats, count));
    let address = RECONCILIATION.to_owned();
    let decision = Decision::of(attempt, "repair", address, &title, says, "Repair what is safe to repair");
    let is_many = report.held_back.is_some() || count > report.held.div_euclid(100).max(3);
    let confirm = attempt.field("repair", "confirm", "How many repairs do you confirm?", "");
    let confirm = Field { keyboard: Some("numeric"), ..confirm };
    let confirm = confirm.required().hint(format!(
        "There are more than are made unasked: {}. Type the number if each of them is meant. If another number is found then, \
         nothing is repaired.",
        formats.count(count)
    ));
    let fields = if is_many { vec![confirm] } else { Vec::new() };
    Some(Decision { is_grave: true, fields, ..decision })
}

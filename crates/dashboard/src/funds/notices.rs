//! At which balances somebody is told by mail, and what they were told.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use trunkline_domain::{Currency, Money};

use super::record::{Alerts, Notice, Notices, money};
use super::{NOTICES, currency_of, tabs};
use crate::DashboardState;
use crate::api::Api;
use crate::error::Failure;
use crate::form::{Field, Note, Trouble, amount};
use crate::format::{Formats, plain};
use crate::link::{Tab, link};
use crate::page::{Frame, Section};
use crate::refusal::Refusal;
use crate::settings::formats_of;
use crate::visitor::Visit;

const PATH: &str = "/api/wallet/alerts";
const LINES: &str = "20";
const SHOWN: &[&str] = &["thresholds", "email"];
/// The fields for amounts: as many as somebody may set.
const NAMES: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];

/// Of which wallet, from where on, and what was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NoticeQuery {
    currency: String,
    cursor: String,
    done: String,
}

/// The form as it is sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    #[serde(rename = "do")]
    what: String,
    currency: String,
    first: Option<String>,
    second: Option<String>,
    third: Option<String>,
    fourth: Option<String>,
    fifth: Option<String>,
    email: Option<String>,
}

impl Sent {
    fn thresholds(&self) -> [Option<&str>; NAMES.len()] {
        let all = [&self.first, &self.second, &self.third, &self.fourth, &self.fifth];
        all.map(|text| text.as_deref().map(str::trim))
    }
}

#[derive(Template)]
#[template(path = "funds/notices.html")]
struct NoticesPage {
    frame: Frame,
    tabs: Vec<Tab>,
    note: Option<Note>,
    currency: &'static str,
    /// Whether nothing is mailed, and why.
    unmailed: Option<&'static str>,
    is_own: bool,
    thresholds: Vec<Field>,
    mistake: Option<String>,
    email: Field,
    rows: Vec<Row>,
    newest: Option<String>,
    older: Option<String>,
}

struct Row {
    at: String,
    subject: String,
    text: String,
    state: (&'static str, &'static str),
}

pub(super) async fn show(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Query(query): Query<NoticeQuery>,
) -> Result<Response, Failure> {
    let note =
        (query.done == "changed").then(|| Note::good("Saved. You are told at these balances from now on."));
    let sent = Sent { currency: query.currency, ..Sent::default() };
    page(&state, &visit, &sent, &query.cursor, note, &Trouble::NONE).await
}

pub(super) async fn change(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let currency = currency_of(&state, &sent.currency);
    let changed = match wishes(&sent, currency) {
        Ok(body) => Api::new(&state.api, &visit).change::<Value>(Method::PUT, PATH, Some(body)).await,
        Err(refusal) => Err(refusal),
    };
    match changed {
        Ok(_) => {
            let next = link(NOTICES, &[("currency", currency.code()), ("done", "changed")]);
            Ok(Redirect::to(&next).into_response())
        }
        Err(refusal) => page(&state, &visit, &sent, "", None, &Trouble::of(refusal, SHOWN)).await,
    }
}

/// What the form asks for; thresholds that are not sent are as for everybody.
fn wishes(sent: &Sent, currency: Currency) -> Result<Value, Refusal> {
    let mut body = json!({ "currency": currency.code() });
    if let Some(email) = sent.email.as_deref().map(str::trim).filter(|email| !email.is_empty()) {
        body["email"] = email.into();
    }
    if sent.what != "as-everybody" {
        let typed = sent.thresholds().into_iter().flatten().filter(|text| !text.is_empty());
        body["thresholds"] =
            typed.map(|text| amount("thresholds", text, currency)).collect::<Result<_, _>>()?;
    }
    Ok(body)
}

async fn page(
    state: &DashboardState,
    visit: &Visit,
    sent: &Sent,
    cursor: &str,
    note: Option<Note>,
    trouble: &Trouble,
) -> Result<Response, Failure> {
    let api = Api::new(&state.api, visit);
    let formats = formats_of(&api, visit).await?;
    let currency = currency_of(state, &sent.currency);
    let alerts: Alerts = api.get(PATH, &[("currency", currency.code())]).await?;
    let mut asked = vec![("limit", LINES)];
    if !cursor.is_empty() {
        asked.push(("cursor", cursor));
    }
    let listed: Notices = api.get("/api/wallet/notices", &asked).await?;
    let page_from = |cursor: &str| link(NOTICES, &[("currency", currency.code()), ("cursor", cursor)]);
    let email = Field { kind: "email", fill: "email", ..Field::new("email", "Mail goes to") };
    let email = email.hint("Leave it empty for the address of your account.");
    let page = NoticesPage {
        frame: Frame::new(state, visit, Section::Funds),
        tabs: tabs(NOTICES, currency),
        note: trouble.note().or(note),
        currency: currency.code(),
        unmailed: match alerts.mail.as_str() {
            "no_address" => Some("We know no address of yours, so nothing is mailed: enter one below."),
            "not_configured" => Some("This service sends no mail. What you would be told is listed below."),
            _ => None,
        },
        is_own: alerts.source == "own",
        thresholds: thresholds(sent, &alerts)?,
        mistake: trouble.at("thresholds"),
        email: email.value(sent.email.clone().or(alerts.email).unwrap_or_default()).after(trouble),
        rows: listed.notices.into_iter().map(|notice| row(&formats, notice)).collect(),
        newest: (!cursor.is_empty()).then(|| page_from("")),
        older: listed.next_cursor.as_deref().map(page_from),
    };
    trouble.answer(&page)
}

/// A field for each amount: what was typed, or else what holds.
fn thresholds(sent: &Sent, alerts: &Alerts) -> Result<Vec<Field>, Refusal> {
    let sums = alerts.thresholds.iter().map(|sum| money(sum, alerts.currency));
    let mut kept = sums.collect::<Result<Vec<Money>, Refusal>>()?.into_iter().map(plain);
    let labels = ["Below", "and below", "and below", "and below", "and below"];
    let fields = NAMES.into_iter().zip(labels).zip(sent.thresholds());
    let fields = fields.map(|((name, label), typed)| {
        let kept = kept.next().unwrap_or_default();
        Field::amount(name, label).value(typed.map_or(kept, ToOwned::to_owned))
    });
    Ok(fields.collect())
}

fn row(formats: &Formats, notice: Notice) -> Row {
    let (at, state) = (formats.moment(notice.created_at), notice.state());
    Row { at, state, subject: notice.subject, text: notice.text }
}

//! The page of a wallet: what is in it, adding to it, payments under way, how the balance went, and the history.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use trunkline_domain::{Currency, Money};

use super::add::AddForm;
use super::chart::{self, Chart};
use super::record::{Payment, Payments, Transaction, Transactions, Wallets, money};
use super::{FUNDS, currency_of, tabs};
use crate::DashboardState;
use crate::api::Api;
use crate::error::Failure;
use crate::form::{Note, Trouble};
use crate::format::Formats;
use crate::link::{Tab, link, own_page};
use crate::page::{Frame, Section};
use crate::refusal::Refusal;
use crate::settings::formats_of;
use crate::visitor::Visit;

/// How many lines of the history a page has.
const LINES: &str = "25";
/// Among so many of the newest payments those under way are looked for.
const PAYMENTS: &str = "20";

/// Which wallet, and which lines of its history; and for what somebody came here who lacks money.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FundsQuery {
    pub(super) currency: String,
    /// How much to add.
    pub(super) amount: String,
    /// The page to go back to.
    pub(super) next: String,
    /// In or out, or both where it is empty.
    #[serde(rename = "type")]
    pub(super) direction: String,
    /// Of which this became.
    pub(super) status: String,
    /// After which line.
    pub(super) cursor: String,
}

#[derive(Template)]
#[template(path = "funds/show.html")]
struct FundsPage {
    frame: Frame,
    tabs: Vec<Tab>,
    note: Option<Note>,
    here: String,
    currency: &'static str,
    currencies: Vec<(&'static str, bool)>,
    available: String,
    held: Option<String>,
    debt: Option<String>,
    payments: Vec<PaymentRow>,
    add: Option<AddForm>,
    /// Who they are to the operator.
    account: String,
    back: Option<String>,
    chart: Option<Chart>,
    history: History,
}

/// A payment that is under way, or has just failed.
struct PaymentRow {
    what: String,
    began: String,
    state: (&'static str, &'static str),
    /// What the card's bank said.
    decline: Option<String>,
    /// Where it can still be paid.
    url: Option<String>,
}

struct History {
    rows: Vec<Line>,
    directions: Vec<(&'static str, &'static str, bool)>,
    states: Vec<(&'static str, &'static str, bool)>,
    is_filtered: bool,
    newest: Option<String>,
    older: Option<String>,
    sheet: String,
}

/// A line of a wallet's history, as `ui::history` writes it.
pub(crate) struct Line {
    pub(crate) date: String,
    pub(crate) what: String,
    /// The page of the number that it is about.
    pub(crate) number: Option<String>,
    pub(crate) state: (&'static str, &'static str),
    pub(crate) amount: String,
}

pub(super) async fn show(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Query(query): Query<FundsQuery>,
) -> Result<Response, Failure> {
    page(&state, &visit, &query, AddForm::new(), &Trouble::NONE).await
}

/// The page, with a form as it was typed and what was wrong with it.
pub(super) async fn page(
    state: &DashboardState,
    visit: &Visit,
    query: &FundsQuery,
    form: AddForm,
    trouble: &Trouble,
) -> Result<Response, Failure> {
    let api = Api::new(&state.api, visit);
    let formats = formats_of(&api, visit).await?;
    let currency = currency_of(state, &query.currency);
    let wallets: Wallets = api.get("/api/wallets", &()).await?;
    let payments: Payments = api.get("/api/payments", &[("limit", PAYMENTS)]).await?;
    let [available, held, debt] = standing(&wallets, currency)?;
    let shown = |sum: Money| sum.is_positive().then(|| formats.money(sum));
    let is_here = |other: Currency| (other.code(), other == currency);
    let page = FundsPage {
        frame: Frame::new(state, visit, Section::Funds),
        tabs: tabs(FUNDS, currency),
        note: trouble.note(),
        here: link(FUNDS, &[("currency", currency.code()), ("next", &query.next)]),
        currency: currency.code(),
        currencies: currencies(state, &wallets, currency).into_iter().map(is_here).collect(),
        available: formats.money(available),
        held: shown(held),
        debt: shown(debt),
        payments: under_way(&formats, payments.payments)?,
        add: can_pay(state).then(|| form.shown(&formats, query, currency, trouble)),
        account: visit.visitor.name.clone(),
        back: own_page(&query.next).map(ToOwned::to_owned),
        chart: chart::of(&api, &formats, currency.code()).await?,
        history: history(&api, &formats, query, currency).await?,
    };
    trouble.answer(&page)
}

/// The history as a file for spreadsheets, as the API makes it.
pub(super) async fn sheet(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Query(query): Query<FundsQuery>,
) -> Result<Response, Failure> {
    let currency = currency_of(&state, &query.currency);
    let asked = lines_asked_for(&query, currency);
    let file = Api::new(&state.api, &visit).raw("/api/wallet/transactions", &asked, "text/csv").await?;
    Ok(passed_on(file))
}

/// A file of the API's with the headers that are about it.
pub(crate) fn passed_on(file: Response) -> Response {
    let kept = [header::CONTENT_TYPE, header::CONTENT_DISPOSITION, header::CONTENT_SECURITY_POLICY];
    let about: HeaderMap<HeaderValue> =
        kept.into_iter().filter_map(|name| Some((name.clone(), file.headers().get(name)?.clone()))).collect();
    (about, file.into_body()).into_response()
}

/// Whether there is anywhere to pay: without it only the operator puts money into wallets.
pub(super) fn can_pay(state: &DashboardState) -> bool {
    !state.settings.payment_origins.is_empty()
}

/// What is available, held and owed in a currency; nothing where there is no wallet yet.
fn standing(wallets: &Wallets, currency: Currency) -> Result<[Money; 3], Refusal> {
    let Some(wallet) = wallets.wallets.iter().find(|wallet| wallet.currency == currency) else {
        return Ok([Money::zero(currency); 3]);
    };
    let sum = |amount| money(amount, currency);
    Ok([sum(&wallet.available)?, sum(&wallet.held)?, sum(&wallet.debt)?])
}

/// Those that there are wallets in, the deployment's own, and the one that is looked at.
fn currencies(state: &DashboardState, wallets: &Wallets, here: Currency) -> Vec<Currency> {
    let mut all: Vec<Currency> = wallets.wallets.iter().map(|wallet| wallet.currency).collect();
    all.extend([state.settings.default_currency, here]);
    all.sort_by_key(|currency| currency.code());
    all.dedup();
    all
}

/// Payments of which something is still expected, and those that failed since the last one that did not.
fn under_way(formats: &Formats, payments: Vec<Payment>) -> Result<Vec<PaymentRow>, Refusal> {
    let mut rows = Vec::new();
    let mut is_news = true;
    for payment in payments {
        is_news &= payment.status != "completed";
        let state = match payment.status.as_str() {
            "opening" => ("Being opened", "waiting"),
            "open" if payment.decline.is_some() => ("Declined; can be tried again", "bad"),
            "open" => ("Not paid yet", "waiting"),
            "processing" => ("On its way", "waiting"),
            "failed" if is_news => ("Failed; nothing was charged", "bad"),
            _ => continue,
        };
        let kind = if payment.kind == "top_up" { "Automatic top-up" } else { "Added by you" };
        let amount = formats.money(money(&payment.amount, payment.currency)?);
        rows.push(PaymentRow {
            what: format!("{amount} · {kind}"),
            began: formats.moment(payment.created_at),
            state,
            decline: payment.decline.map(|reason| reason.replace('_', " ")),
            url: payment.url,
        });
    }
    Ok(rows)
}

fn lines_asked_for(query: &FundsQuery, currency: Currency) -> Vec<(&'static str, &str)> {
    let asked = [("currency", currency.code()), ("type", &query.direction), ("status", &query.status)];
    asked.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

async fn history(
    api: &Api<'_>,
    formats: &Formats,
    query: &FundsQuery,
    currency: Currency,
) -> Result<History, Refusal> {
    let wanted = lines_asked_for(query, currency);
    let mut asked = wanted.clone();
    asked.push(("limit", LINES));
    if !query.cursor.is_empty() {
        asked.push(("cursor", &query.cursor));
    }
    let listed: Transactions = api.get("/api/wallet/transactions", &asked).await?;
    let rows = lines(formats, &listed)?;
    let older = listed.next_cursor.map(|cursor| {
        let further: Vec<_> = wanted.iter().copied().chain([("cursor", cursor.as_str())]).collect();
        link(FUNDS, &further)
    });
    let directions = [("", "In and out"), ("credit", "In"), ("debit", "Out")];
    let states = [
        ("", "Every status"),
        ("pending", "Under way"),
        ("completed", "Done"),
        ("failed", "Came to nothing"),
        ("refunded", "Refunded"),
    ];
    Ok(History {
        rows,
        directions: directions.map(|(name, text)| (name, text, query.direction == name)).into(),
        states: states.map(|(name, text)| (name, text, query.status == name)).into(),
        is_filtered: !query.direction.is_empty() || !query.status.is_empty(),
        newest: (!query.cursor.is_empty()).then(|| link(FUNDS, &wanted)),
        older,
        sheet: link("/dashboard/funds/transactions.csv", &wanted),
    })
}

/// Transactions as lines of a history.
pub(crate) fn lines(formats: &Formats, listed: &Transactions) -> Result<Vec<Line>, Refusal> {
    listed.transactions.iter().map(|transaction| line(formats, transaction)).collect()
}

fn line(formats: &Formats, transaction: &Transaction) -> Result<Line, Refusal> {
    let amount = formats.money(money(&transaction.amount, transaction.currency)?);
    Ok(Line {
        date: formats.moment(transaction.date),
        what: transaction.description.clone(),
        number: transaction.number_id.map(|id| format!("/dashboard/numbers/{id}")),
        state: transaction.state(),
        amount: format!("{}{amount}", if transaction.is_in() { '+' } else { '−' }),
    })
}

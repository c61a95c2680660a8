//! One customer: what they have and owe, what limits them, and putting money into their wallet or out of it.
//!
//! *Invariant*: a form that moves money carries the key that was made when it was shown, and all that it can do is one operation of
//! the API's. Sending it twice, going back, or changing what it says moves money once.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use trunkline_domain::Currency;
use uuid::Uuid;

use super::approvals::in_words;
use super::customers::customer_page;
use super::orders::ORDERS;
use super::record::{Approvals, OneUser, User};
use super::{AUDIT, USERS, reason, tabs};
use crate::DashboardState;
use crate::api::{Api, segment};
use crate::error::Failure;
use crate::form::{Field, Note, Trouble, amount};
use crate::format::Formats;
use crate::funds::{Line, Transactions, Wallets, lines, money};
use crate::link::{Tab, link};
use crate::page::{Frame, Section};
use crate::refusal::Refusal;
use crate::settings::{LimitRow, LimitsAnswer, limit_rows};
use crate::visitor::Visit;

const SHOWN: &[&str] = &["amount", "currency", "reason"];
/// How many of the newest transactions are shown.
const LINES: &str = "20";
/// How a wallet is corrected, and in words.
const WAYS: [(&str, &str); 2] = [("add", "Add what is missing"), ("take", "Take out what is too much")];

/// What was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Done {
    done: String,
}

/// Money to be moved, as it is sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    key: String,
    way: String,
    amount: String,
    currency: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "operator/customer.html")]
struct CustomerPage {
    frame: Frame,
    tabs: Vec<Tab>,
    note: Option<Note>,
    here: String,
    user: User,
    since: String,
    numbers: String,
    orders: String,
    audit: String,
    wallets: Vec<WalletRow>,
    lines: Vec<Line>,
    limits: Vec<LimitRow>,
    waiting: Vec<String>,
    forms: [MoneyForm; 2],
}

/// A form that moves money.
struct MoneyForm {
    title: &'static str,
    says: &'static str,
    is_open: bool,
    key: String,
    /// What can be chosen; nothing where there is one way.
    ways: Vec<(&'static str, &'static str, bool)>,
    amount: Field,
    currency: Field,
    reason: Field,
    button: &'static str,
}

struct WalletRow {
    available: String,
    held: String,
    debt: Option<String>,
}

pub(super) async fn show(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Path(id): Path<String>,
    Query(query): Query<Done>,
) -> Result<Response, Failure> {
    let note = match query.done.as_str() {
        "moved" => Some(Note::good("The money is moved. The customer reads the reason in their history.")),
        "waits" => Some(Note {
            tone: "waiting",
            text: "This is above what one operator may move. No money moved: another operator must approve it first."
                .to_owned(),
        }),
        _ => None,
    };
    page(&state, &visit, &id, &Sent::default(), note, &Trouble::NONE).await
}

/// Moves money into the wallet, or out of it.
pub(super) async fn change(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    match moved(&Api::new(&state.api, &visit), &id, &sent).await {
        Ok(done) => Ok(Redirect::to(&link(&customer_page(&id), &[("done", done)])).into_response()),
        Err(refusal) => page(&state, &visit, &id, &sent, None, &Trouble::of_operators(refusal, SHOWN)).await,
    }
}

async fn moved(api: &Api<'_>, id: &str, sent: &Sent) -> Result<&'static str, Refusal> {
    let currency: Currency =
        sent.currency.trim().parse().map_err(|error: trunkline_domain::MoneyError| {
            Refusal::of_mistake("currency", &error.to_string())
        })?;
    let digits = amount("amount", sent.amount.trim(), currency)?;
    // The direction is chosen by word; a sign beside it could mean either.
    if digits.starts_with(['-', '+', '−']) {
        return Err(Refusal::of_mistake("amount", "has no sign: choose above whether it goes in or out"));
    }
    let (path, digits) = match sent.way.as_str() {
        "credit" => ("/api/wallet/credits", digits),
        "add" => ("/api/operator/wallet/adjustments", digits),
        "take" => ("/api/operator/wallet/adjustments", format!("-{digits}")),
        _ => return Err(Refusal::absent()),
    };
    let body =
        json!({ "userId": id, "amount": digits, "currency": currency.code(), "reason": sent.reason.trim() });
    let answer: Value = api.change_once(Method::POST, path, Some(body), &sent.key).await?;
    Ok(if answer["code"] == "APPROVAL_REQUIRED" { "waits" } else { "moved" })
}

#[derive(Deserialize)]
struct Numbers {
    total: u64,
}

async fn page(
    state: &DashboardState,
    visit: &Visit,
    id: &str,
    sent: &Sent,
    note: Option<Note>,
    trouble: &Trouble,
) -> Result<Response, Failure> {
    let api = Api::new(&state.api, visit);
    let formats = &visit.formats;
    let OneUser { user } = api.get(&format!("/api/operator/users/{}", segment(id)), &()).await?;
    let of_user = [("userId", id)];
    let numbers: Numbers = api.get("/api/operator/numbers", &[("userId", id), ("limit", "1")]).await?;
    let wallets: Wallets = api.get("/api/wallets", &of_user).await?;
    let listed: Transactions =
        api.get("/api/wallet/transactions", &[("userId", id), ("limit", LINES)]).await?;
    let limits: LimitsAnswer = api.get(&format!("/api/operator/users/{}/limits", segment(id)), &()).await?;
    let default = state.settings.default_currency.code();
    let page = CustomerPage {
        frame: Frame::new(state, visit, Section::Operator),
        tabs: tabs(USERS),
        note: trouble.note().or(note),
        here: customer_page(id),
        since: formats.moment(user.created_at),
        user,
        numbers: formats.count(numbers.total),
        orders: link(ORDERS, &[("state", "all"), ("userId", id)]),
        audit: link(AUDIT, &of_user),
        wallets: wallet_rows(formats, &wallets)?,
        lines: lines(formats, &listed)?,
        limits: limit_rows(formats, &limits)?,
        waiting: waiting(&api, formats, id).await?,
        forms: forms(default, sent, trouble),
    };
    trouble.answer(&page)
}

/// Credits and corrections of this wallet that another operator must approve.
async fn waiting(api: &Api<'_>, formats: &Formats, id: &str) -> Result<Vec<String>, Refusal> {
    let asked = [("userId", id), ("status", "waiting"), ("limit", LINES)];
    let listed: Approvals = api.get("/api/operator/approvals", &asked).await?;
    listed.approvals.iter().map(|approval| in_words(formats, approval)).collect()
}

/// The forms, one of them perhaps as it was sent. A key that was used for something else is never sent again.
fn forms(default: &str, sent: &Sent, trouble: &Trouble) -> [MoneyForm; 2] {
    let none = Sent::default();
    let form = |name: &str, is_sent: bool| {
        let (sent, trouble) = if is_sent { (sent, trouble) } else { (&none, &Trouble::NONE) };
        let field = |field: Field| Field { id: format!("{name}-{}", field.name), ..field }.after(trouble);
        let currency = if sent.currency.is_empty() { default } else { &sent.currency };
        let is_spent = sent.key.is_empty() || trouble.is_of("IDEMPOTENCY_KEY_REUSED");
        MoneyForm {
            title: "Put money in",
            says: "For a customer who has paid in another way than here, such as by bank transfer.",
            is_open: is_sent,
            key: if is_spent { Uuid::now_v7().to_string() } else { sent.key.clone() },
            ways: Vec::new(),
            amount: field(Field::amount("amount", "Amount").required().value(&sent.amount)),
            currency: field(Field::new("currency", "Currency").required().value(currency)),
            reason: field(
                reason("reason")
                    .hint("The customer reads it in their history, and operators in the audit trail.")
                    .value(&sent.reason),
            ),
            button: "Put it in",
        }
    };
    let is_correction = WAYS.iter().any(|(way, _)| *way == sent.way);
    let correction = MoneyForm {
        title: "Correct the wallet",
        says: "For what was booked wrongly. What open orders hold is never taken.",
        ways: WAYS.map(|(way, text)| (way, text, way == sent.way)).into(),
        button: "Correct it",
        ..form("correct", is_correction)
    };
    [form("credit", sent.way == "credit"), correction]
}

fn wallet_rows(formats: &Formats, wallets: &Wallets) -> Result<Vec<WalletRow>, Refusal> {
    let rows = wallets.wallets.iter().map(|wallet| {
        let debt = money(&wallet.debt, wallet.currency)?;
        Ok(WalletRow {
            available: formats.money(money(&wallet.available, wallet.currency)?),
            held: formats.money(money(&wallet.held, wallet.currency)?),
            debt: debt.is_positive().then(|| formats.money(debt)),
        })
    });
    rows.collect()
}

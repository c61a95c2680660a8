//! `/payment/done` and `/payment/cancelled`: where somebody comes back to from the page on which they paid, and how far the
//! money is.
//!
//! Where they go from there was kept in a cookie when they left ([`leave`]); the page on which they pay knows nothing of it.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use trunkline_domain::{Currency, JsonMoney, Money};

use crate::DashboardState;
use crate::api::{Api, segment};
use crate::error::Failure;
use crate::link::own_page;
use crate::page::{Bare, html};
use crate::signing_in::cookie::Jar;
use crate::visitor::Visit;

const COOKIE: &str = "trunkline-next";
/// As long as one can pay, in seconds.
const COOKIE_S: i64 = 3600;
/// Where one goes who was on the way nowhere.
const FUNDS: &str = "/dashboard/funds";

#[derive(Template)]
#[template(path = "paying.html")]
struct PaymentPage {
    bare: Bare,
    here: &'static str,
    outcome: Outcome,
    amount: String,
    next: String,
}

/// How far it is, for whoever has come back.
enum Outcome {
    /// The money is in the wallet.
    There,
    /// It was paid a moment ago, and is credited as soon as the payment's word comes.
    Soon,
    /// It is on its way for days.
    OnItsWay,
    /// Nothing was paid.
    Nothing,
    /// Nobody knows who has come back, so nothing is said about their money.
    Unknown,
}

/// A customer's payment.
#[derive(Debug, Deserialize)]
struct OnePayment {
    payment: Payment,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payment {
    status: String,
    amount: JsonMoney,
    currency: Currency,
    paid_amount: Option<JsonMoney>,
    paid_currency: Option<Currency>,
}

pub(crate) fn routes() -> Router<Arc<DashboardState>> {
    Router::new().route("/payment/done", get(done)).route("/payment/cancelled", get(cancelled))
}

/// What the browser keeps until its owner comes back: which payment it is about, and where they go then.
pub(crate) fn leave(state: &DashboardState, payment: &str, next: &str) -> HeaderValue {
    let next = own_page(next).unwrap_or(FUNDS);
    Jar::of(&state.settings.public_url).keep(COOKIE, format!("{payment} {next}"), COOKIE_S)
}

/// What it forgets with its session.
pub(crate) fn forget(state: &DashboardState) -> HeaderValue {
    Jar::of(&state.settings.public_url).forget(COOKIE)
}

async fn done(
    State(state): State<Arc<DashboardState>>,
    visit: Result<Visit, Failure>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let Left { payment, next } = left(&state, &headers);
    let (outcome, amount) = match (&visit, payment) {
        (Ok(visit), Some(payment)) => standing(&state, visit, &payment).await?,
        (Ok(_) | Err(_), _) => (Outcome::Unknown, String::new()),
    };
    html(&PaymentPage { bare: Bare::new(), here: "/payment/done", outcome, amount, next })
}

async fn cancelled(
    State(state): State<Arc<DashboardState>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (Left { next, .. }, amount) = (left(&state, &headers), String::new());
    html(&PaymentPage {
        bare: Bare::new(),
        here: "/payment/cancelled",
        outcome: Outcome::Nothing,
        amount,
        next,
    })
}

/// What a browser kept when its owner left for the page on which they pay.
struct Left {
    payment: Option<String>,
    next: String,
}

fn left(state: &DashboardState, headers: &HeaderMap) -> Left {
    let kept = Jar::of(&state.settings.public_url).read(headers, COOKIE);
    let kept = kept.as_deref().and_then(|kept| kept.split_once(' '));
    let next = kept.and_then(|(_, next)| own_page(next)).unwrap_or(FUNDS).to_owned();
    Left { payment: kept.map(|(payment, _)| payment.to_owned()), next }
}

async fn standing(
    state: &DashboardState,
    visit: &Visit,
    payment: &str,
) -> Result<(Outcome, String), Failure> {
    let api = Api::new(&state.api, visit);
    let found = api.get::<OnePayment>(&format!("/api/payments/{}", segment(payment)), &()).await;
    let payment = match found {
        Ok(OnePayment { payment }) => payment,
        // Somebody else's, who was signed in here before.
        Err(refusal) if refusal.status == StatusCode::NOT_FOUND => {
            return Ok((Outcome::Unknown, String::new()));
        }
        Err(refusal) => return Err(refusal.into()),
    };
    let (amount, currency) = match (payment.paid_amount, payment.paid_currency) {
        (Some(paid), Some(currency)) => (paid, currency),
        (_, _) => (payment.amount, payment.currency),
    };
    let amount = Money::new(amount.0, currency).ok();
    let amount = amount.map(|amount| visit.formats.money(amount)).unwrap_or_default();
    let outcome = match payment.status.as_str() {
        "completed" => Outcome::There,
        "processing" => Outcome::OnItsWay,
        "failed" | "expired" => Outcome::Nothing,
        _ => Outcome::Soon,
    };
    Ok((outcome, amount))
}

//! `/payment/done` and `/payment/cancelled`: where somebody comes back to from the page on which they paid, and how far the
//! money is.
//!
//! Where they go from there was kept in a cookie when they left ([`leave`]); the page on which they pay knows nothing of it.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use trunkline_domain::{Currency, JsonMoney, Money};

use crate::DashboardState;
use crate::api::Api;
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

/// A customer's newest payment.
#[derive(Debug, Deserialize)]
struct Payments {
    payments: Vec<Payment>,
}

#[derive(Debug, Deserialize)]
struct Payment {
    status: String,
    amount: JsonMoney,
    currency: Currency,
}

pub(crate) fn routes() -> Router<Arc<DashboardState>> {
    Router::new().route("/payment/done", get(done)).route("/payment/cancelled", get(cancelled))
}

/// What the browser keeps until its owner comes back; `None` where they are on the way nowhere.
pub(crate) fn leave(state: &DashboardState, next: &str) -> Option<HeaderValue> {
    let next = own_page(next)?;
    Some(Jar::of(&state.settings.public_url).keep(COOKIE, next.to_owned(), COOKIE_S))
}

async fn done(
    State(state): State<Arc<DashboardState>>,
    visit: Result<Visit, Failure>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let next = next(&state, &headers);
    let (outcome, amount) = match &visit {
        Ok(visit) => standing(&state, visit).await?,
        Err(_) => (Outcome::Unknown, String::new()),
    };
    html(&PaymentPage { bare: Bare::new(), here: "/payment/done", outcome, amount, next })
}

async fn cancelled(
    State(state): State<Arc<DashboardState>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (next, amount) = (next(&state, &headers), String::new());
    html(&PaymentPage {
        bare: Bare::new(),
        here: "/payment/cancelled",
        outcome: Outcome::Nothing,
        amount,
        next,
    })
}

fn next(state: &DashboardState, headers: &HeaderMap) -> String {
    let kept = Jar::of(&state.settings.public_url).read(headers, COOKIE);
    kept.as_deref().and_then(own_page).unwrap_or(FUNDS).to_owned()
}

async fn standing(state: &DashboardState, visit: &Visit) -> Result<(Outcome, String), Failure> {
    let api = Api::new(&state.api, visit);
    let found: Payments = api.get("/api/payments", &[("limit", "1")]).await?;
    let Some(payment) = found.payments.first() else { return Ok((Outcome::Soon, String::new())) };
    let amount = Money::new(payment.amount.0, payment.currency).ok();
    let amount = amount.map(|amount| visit.formats.money(amount)).unwrap_or_default();
    let outcome = match payment.status.as_str() {
        "completed" => Outcome::There,
        "processing" => Outcome::OnItsWay,
        "failed" | "expired" => Outcome::Nothing,
        _ => Outcome::Soon,
    };
    Ok((outcome, amount))
}

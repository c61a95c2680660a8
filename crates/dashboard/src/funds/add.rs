//! Adding funds: a form that leads to the page on which a customer pays.
//!
//! *Invariants*: the form's key is made when it is shown; with it goes how much is to be paid, so sending the same form again leads
//! to the same page of Stripe's, and another amount to another one. Nothing is charged before it is paid there.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::http::{Method, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;
use trunkline_domain::{Currency, Money};
use uuid::Uuid;

use super::currency_of;
use super::record::OpenedPayment;
use super::show::{FundsQuery, page};
use crate::DashboardState;
use crate::api::Api;
use crate::error::Failure;
use crate::form::{Field, Trouble, amount};
use crate::format::{Formats, plain, typed};
use crate::link::own_page;
use crate::paying;
use crate::refusal::Refusal;
use crate::visitor::Visit;

/// What can be added by one click, in whole units of the currency.
const OFFERED: [i64; 6] = [10, 25, 50, 100, 250, 500];

/// What is said where Stripe does not answer.
pub(super) const UNREACHABLE: &str =
    "Stripe cannot be reached. Nothing was charged; send the form again in a moment.";

/// The form as it is shown.
pub(super) struct AddForm {
    /// What tells a repeat from another payment.
    pub(super) key: String,
    typed: Option<String>,
    pub(super) next: String,
    pub(super) offered: Vec<(String, String)>,
    pub(super) own: Field,
}

/// The form as it is sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    key: String,
    currency: String,
    amount: String,
    next: String,
}

impl AddForm {
    /// A form that nobody has sent.
    pub(super) fn new() -> Self {
        Self {
            key: Uuid::now_v7().to_string(),
            typed: None,
            next: String::new(),
            offered: Vec::new(),
            own: Field::default(),
        }
    }

    /// The form for a currency, with what was typed, or else what the visitor's way here says is lacking.
    pub(super) fn shown(
        self,
        formats: &Formats,
        query: &FundsQuery,
        currency: Currency,
        trouble: &Trouble,
    ) -> Self {
        let offer = |whole: &i64| {
            let sum = Money::from_micros(whole * 1_000_000, currency);
            (plain(sum), formats.money(sum))
        };
        let lacking = typed(&query.amount, currency).map(plain).unwrap_or_default();
        let own = Field::amount("amount", format!("Another amount ({})", currency.code()));
        let own = own.value(self.typed.clone().unwrap_or(lacking)).required().after(trouble);
        let next = own_page(&query.next).unwrap_or_default().to_owned();
        Self { next, offered: OFFERED.iter().map(offer).collect(), own, ..self }
    }
}

/// Opens the page on which is paid, and leads there.
pub(super) async fn add(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let currency = currency_of(&state, &sent.currency);
    let refusal = match open(&Api::new(&state.api, &visit), &sent, currency).await {
        Ok(opened) => return Ok(to_the_till(&state, &opened, &sent.next)),
        Err(refusal) => refusal,
    };
    let query = FundsQuery { currency: sent.currency, next: sent.next, ..FundsQuery::default() };
    let form = AddForm { typed: Some(sent.amount), ..AddForm::new() };
    if refusal.code() == "PAYMENT_ENDED" {
        let said = "This payment has ended already: it was paid, or its page has closed. Nothing was charged by this; what was \
                    paid is in your history below. Send the form again for another payment.";
        return page(&state, &visit, &query, form, &Trouble::of(refusal, &["amount"]).saying(said)).await;
    }
    // Under this key the API was asked, so it stays: what became of the first try is found again by the next one.
    let form = AddForm { key: sent.key, ..form };
    let is_out_of_reach = refusal.code() == "PAYMENTS_UNAVAILABLE";
    let trouble = Trouble::of(refusal, &["amount"]);
    let trouble = if is_out_of_reach { trouble.saying(UNREACHABLE) } else { trouble };
    page(&state, &visit, &query, form, &trouble).await
}

async fn open(api: &Api<'_>, sent: &Sent, currency: Currency) -> Result<OpenedPayment, Refusal> {
    let amount = amount("amount", &sent.amount, currency)?;
    let body = json!({ "amount": amount, "currency": currency.code() });
    let key = key_of(sent, &amount, currency);
    api.change_once(Method::POST, "/api/payment/create-checkout-session", Some(body), &key).await
}

/// A form that comes without its key pays once, too: under a new one.
fn key_of(sent: &Sent, amount: &str, currency: Currency) -> String {
    let key = sent.key.parse::<Uuid>().unwrap_or_else(|_| Uuid::now_v7());
    let amount: String = amount.chars().filter(char::is_ascii_graphic).take(40).collect();
    format!("{key}:{amount}:{}", currency.code())
}

fn to_the_till(state: &DashboardState, opened: &OpenedPayment, next: &str) -> Response {
    let mut response = Redirect::to(&opened.url).into_response();
    response.headers_mut().append(header::SET_COOKIE, paying::leave(state, &opened.payment_id, next));
    response
}

//! `/dashboard/numbers/buy/summary`: what it costs, what is left then, and the purchase.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use trunkline_domain::{ChargeState, Currency, Money};

use super::record::{Balance, Price, Prices, Sent};
use super::selection::{DETAILS, SEARCH, SUMMARY, Selection, new_key};
use crate::DashboardState;
use crate::api::Api;
use crate::businesses;
use crate::error::Failure;
use crate::form::{Note, Trouble};
use crate::format::{phone_number, plain};
use crate::link::link;
use crate::page::{Frame, Section};
use crate::refusal::Refusal;
use crate::visitor::Visit;

#[derive(Template)]
#[template(path = "buying/summary.html")]
struct SummaryPage {
    frame: Frame,
    note: Option<Note>,
    number: String,
    place: String,
    kind: &'static str,
    business: String,
    name: String,
    setup: Option<String>,
    monthly: String,
    today: String,
    payer: Payer,
    hidden: Vec<(String, String)>,
    most: String,
    change: String,
    search: String,
}

/// Who pays.
enum Payer {
    /// The visitor, from what they have.
    Own { now: String, after: String },
    /// The visitor, who has too little: by how much, and where to get it.
    Short { now: String, missing: String, funds: String },
    /// The owner of the business, whose balance is not the visitor's to see.
    Owner(String),
}

/// The form's fields: the selection, and the sum that its page showed.
#[derive(Debug, Deserialize)]
pub(super) struct Sending {
    #[serde(default)]
    most: String,
    #[serde(flatten)]
    it: Selection,
}

pub(super) async fn page(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Query(it): Query<Selection>,
) -> Result<Response, Failure> {
    if it.number.is_empty() {
        return Ok(Redirect::to(SEARCH).into_response());
    }
    if it.name.trim().is_empty() {
        return Ok(Redirect::to(&it.address(DETAILS)).into_response());
    }
    // An address without a key gets one that stays with it, so that reloading the page repeats and does not begin anew.
    if it.key.is_empty() {
        let it = Selection { key: new_key(), ..it };
        return Ok(Redirect::to(&it.address(SUMMARY)).into_response());
    }
    show(&state, &visit, it, &Trouble::NONE).await
}

/// Buys. The answer that comes twice is the same: the key says that it is one purchase.
pub(super) async fn buy(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Form(Sending { most, it }): Form<Sending>,
) -> Result<Response, Failure> {
    let api = Api::new(&state.api, &visit);
    let purchase = purchase(&it, &most);
    let sent = api.change_once::<Sent>(Method::POST, "/api/numbers/purchase", Some(purchase), &it.key).await;
    let refusal = match sent {
        Ok(sent) => return Ok(go_on(&sent)),
        Err(refusal) => refusal,
    };
    match refusal.code() {
        "NUMBER_UNAVAILABLE" => {
            let again = Selection { taken: it.number.clone(), ..it };
            Ok(Redirect::to(&again.search_address()).into_response())
        }
        // The first click is still on its way.
        "IDEMPOTENCY_IN_PROGRESS" => Ok(Redirect::to(&order_of(&it)).into_response()),
        _ if refusal.charged() == Some(ChargeState::Held) => {
            Ok(Redirect::to(&known_order(&refusal, &it)).into_response())
        }
        _ => refuse(&state, &visit, it, refusal).await,
    }
}

/// The page again, with why nothing was bought. Where even that cannot be shown, the reason is: it says where the money is.
async fn refuse(
    state: &DashboardState,
    visit: &Visit,
    it: Selection,
    refusal: Refusal,
) -> Result<Response, Failure> {
    // What was refused for good would be refused again under its key; what was not even looked at is asked again under it.
    let is_passing = refusal.status.is_server_error() || refusal.status == StatusCode::TOO_MANY_REQUESTS;
    let it = if is_passing { it } else { Selection { key: new_key(), ..it } };
    let trouble = Trouble::of(refusal.clone(), &[]);
    show(state, visit, it, &trouble).await.map_err(|_| refusal.into())
}

/// The order that the refusal names, or else the newest of this number.
fn known_order(refusal: &Refusal, it: &Selection) -> String {
    match refusal.member("orderId").and_then(Value::as_str) {
        Some(order) => format!("/dashboard/numbers/orders/{}", crate::api::segment(order)),
        None => order_of(it),
    }
}

/// Where the newest order of the number is looked for: among those of its business, where it is for one.
fn order_of(it: &Selection) -> String {
    let number = crate::api::segment(&it.number);
    link(&format!("/dashboard/numbers/orders/of/{number}"), &[("businessId", &it.business)])
}

fn purchase(it: &Selection, most: &str) -> Value {
    let mut purchase = json!({
        "phoneNumber": it.number,
        "displayName": it.name,
        "countryCode": it.country,
        "numberType": it.kind,
    });
    for (name, text) in
        [("businessId", it.business.as_str()), ("currency", it.currency.as_str()), ("maxAmount", most)]
    {
        if !text.is_empty() {
            purchase[name] = text.into();
        }
    }
    purchase
}

fn go_on(sent: &Sent) -> Response {
    let address = match (&sent.number, &sent.order) {
        (Some(number), _) => format!("/dashboard/numbers/{}?done=bought", number.id),
        (None, Some(order)) => format!("/dashboard/numbers/orders/{}", order.id),
        (None, None) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    Redirect::to(&address).into_response()
}

async fn show(
    state: &DashboardState,
    visit: &Visit,
    it: Selection,
    trouble: &Trouble,
) -> Result<Response, Failure> {
    let api = Api::new(&state.api, visit);
    let currency = it.currency.parse().unwrap_or(state.settings.default_currency);
    let (setup, monthly) = price(&api, &it, currency).await?;
    let today = setup.checked_add(monthly).map_err(|_| Refusal::ours())?;
    let (business, owner) = business(&api, visit, &it.business).await?;
    let payer = match owner {
        Some(owner) => Payer::Owner(owner),
        None => payer(&api, visit, &it, today).await?,
    };
    let formats = &visit.formats;
    trouble.answer(&SummaryPage {
        frame: Frame::new(state, visit, Section::Numbers),
        note: trouble.note(),
        number: phone_number(&it.number),
        place: it.place.clone(),
        kind: crate::numbers::type_label(&it.kind),
        business,
        name: it.name.clone(),
        setup: setup.is_positive().then(|| formats.money(setup)),
        monthly: formats.money(monthly),
        today: formats.money(today),
        payer,
        most: plain(today),
        change: it.address(DETAILS),
        search: it.search_address(),
        hidden: it.without(&[]),
    })
}

/// Set-up and month, as they are now.
async fn price(api: &Api<'_>, it: &Selection, currency: Currency) -> Result<(Money, Money), Refusal> {
    let prices: Prices = api.get("/api/pricing", &()).await?;
    let is_it = |price: &&Price| {
        price.country_code.as_str().eq_ignore_ascii_case(&it.country)
            && price.number_type == it.kind
            && price.currency == currency
    };
    let found = prices.prices.iter().find(is_it);
    found.and_then(|price| Some((price.setup()?, price.monthly()?))).ok_or_else(Refusal::absent)
}

/// What the business is called, and who owns it where it is not the visitor's.
async fn business(api: &Api<'_>, visit: &Visit, chosen: &str) -> Result<(String, Option<String>), Refusal> {
    if chosen.is_empty() {
        return Ok((String::new(), None));
    }
    let id = chosen.parse().map_err(|_| Refusal::absent())?;
    let found = businesses::business(api, id).await?;
    let is_own = visit.visitor.user() == Some(found.user_id.as_str());
    Ok((found.name, (!is_own).then_some(found.user_id)))
}

async fn payer(api: &Api<'_>, visit: &Visit, it: &Selection, today: Money) -> Result<Payer, Refusal> {
    let currency = today.currency();
    let balance: Balance = api.get("/api/wallet/balance", &[("currency", currency.code())]).await?;
    let available = balance.available().ok_or_else(Refusal::ours)?;
    // What is owed is paid first by whatever comes in.
    let owed = balance.debt().unwrap_or_else(|| Money::zero(currency));
    let needed = today.checked_add(owed).map_err(|_| Refusal::ours())?;
    let after = available.checked_sub(needed).map_err(|_| Refusal::ours())?;
    let now = visit.formats.money(available);
    if !after.is_negative() {
        return Ok(Payer::Own { now, after: visit.formats.money(after) });
    }
    let missing = needed.checked_sub(available).map_err(|_| Refusal::ours())?;
    let back = Selection { key: new_key(), ..it.clone() }.address(SUMMARY);
    let query = [("currency", currency.code().to_owned()), ("amount", plain(missing)), ("next", back)];
    let funds = format!("/dashboard/funds?{}", serde_urlencoded::to_string(query).unwrap_or_default());
    Ok(Payer::Short { now, missing: visit.formats.money(missing), funds })
}

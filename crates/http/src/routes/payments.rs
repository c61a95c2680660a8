//! Payments: a page on which a customer pays, what became of it, and what the gateway reports.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::HeaderMap;
use axum::response::Html;
use trunkline_domain::{Money, PaymentId, RequestOperation, UserId};
use trunkline_payments::{CheckoutCommand, EventOutcome, Payments};
use trunkline_tenancy::{Action, Scope};

use super::{Api, Page};
use crate::HttpSettings;
use crate::access::Caller;
use crate::answer::{CheckoutAnswer, EventAnswer, PaymentAnswer, PaymentListAnswer};
use crate::description::refusals::{OfCheckout, OfPayment, OfPaymentEvent, OfReading};
use crate::description::{asked, words};
use crate::extract::{Fields, IdempotencyKey, Input, JsonBody, PathId, Query, unread};
use crate::problem::{ErrorCode, Problem};

/// Where Stripe's signature of an event stands.
const SIGNATURE_HEADER: &str = "stripe-signature";

/// Money that a customer wants to pay.
#[derive(Debug)]
pub(crate) struct NewCheckout {
    user: Option<UserId>,
    amount: Money,
}

impl Input for NewCheckout {
    fn read(fields: &mut Fields, settings: &HttpSettings) -> Option<Self> {
        let user = fields.optional("userId");
        let currency = fields.optional("currency").unwrap_or(settings.default_currency);
        let amount = fields.amount("amount");
        let amount = fields.require("amount", amount);
        let amount = Money::new(amount?, currency).map_err(|error| fields.note("amount", error)).ok();
        Some(Self { user, amount: amount? })
    }
}

impl Input for Page<PaymentId> {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        Some(Self::read(fields))
    }
}

/// Open a page to pay on
///
/// Send the customer to `url`, where they pay by Stripe Checkout. The wallet is credited when Stripe says that it was paid,
/// usually within seconds; `GET /api/payments/{id}` and the transactions tell. With an `Idempotency-Key` a repeat leads to the
/// same page.
#[utoipa::path(
    post,
    path = "/api/payment/create-checkout-session",
    operation_id = "createCheckoutSession",
    tag = "wallet",
    params(asked::ForUser, asked::Repeatable),
    request_body = asked::CheckoutSent,
    responses(
        (status = 200, description = "The page is open.", body = CheckoutAnswer),
        OfCheckout,
    ),
)]
pub(crate) async fn open(
    State(api): Api,
    caller: Caller,
    key: IdempotencyKey,
    JsonBody(checkout): JsonBody<NewCheckout>,
) -> Result<Json<CheckoutAnswer>, Problem> {
    let user = caller.user(&api.tenancy, Action::Trade, checkout.user.as_ref()).await?;
    let payments = configured(api.payments.as_ref())?;
    let amount = checkout.amount;
    let parts = [&amount.amount().to_string(), amount.currency().code()];
    let request = key.bind(&user, RequestOperation::Checkout, &parts)?;
    let origin = caller.origin(&user);
    let checkout = payments.open_checkout(CheckoutCommand { user, amount, request, origin }).await?;
    CheckoutAnswer::new(&checkout).map(Json).ok_or_else(Problem::internal)
}

/// List payments
#[utoipa::path(
    get,
    path = "/api/payments",
    operation_id = "listPayments",
    tag = "wallet",
    params(asked::ForUser, asked::OwnPage),
    responses(
        (status = 200, description = "A page of payments, newest first.", body = PaymentListAnswer),
        OfReading,
    ),
)]
pub(crate) async fn list(
    State(api): Api,
    caller: Caller,
    Query(page): Query<Page<PaymentId>>,
) -> Result<Json<PaymentListAnswer>, Problem> {
    let user = caller.user(&api.tenancy, Action::ReadAccount, page.user.as_ref()).await?;
    let Some(payments) = &api.payments else { return Ok(Json(PaymentListAnswer::empty())) };
    Ok(Json(payments.payments(&user, page.after, page.limit).await?.into()))
}

/// Show a payment
///
/// With the refunds and disputes that took something of it back.
#[utoipa::path(
    get,
    path = "/api/payments/{id}",
    operation_id = "showPayment",
    tag = "wallet",
    params(asked::ForUser, ("id" = words::Id, Path, description = "The payment.")),
    responses(
        (status = 200, description = "The payment.", body = PaymentAnswer),
        OfPayment,
    ),
)]
pub(crate) async fn show(
    State(api): Api,
    caller: Caller,
    PathId(id): PathId<PaymentId>,
) -> Result<Json<PaymentAnswer>, Problem> {
    let absent = || Problem::absent(ErrorCode::PaymentNotFound);
    let scope = caller.scope(&api.tenancy, Action::ReadAccount, None).await?;
    let payments = api.payments.as_ref().ok_or_else(absent)?;
    let payment = payments.payment(id).await?.filter(|payment| match &scope {
        Scope::User(user) => *user == payment.user,
        Scope::Everyone => true,
    });
    let payment = payment.ok_or_else(absent)?;
    Ok(Json(PaymentAnswer::new(payment, payments.takings(id).await?)))
}

/// Stripe: something happened to a payment
///
/// Only what Stripe has signed is read, and none of it is believed: Stripe is asked about the payment, and its answer is
/// applied. Any answer but 200 makes Stripe send the event again.
#[utoipa::path(
    post,
    path = "/api/payment/webhook",
    operation_id = "handlePaymentEvent",
    tag = "webhooks",
    params(("Stripe-Signature" = Option<String>, Header, description = "Stripe's signature over the time and the body.")),
    request_body(content = asked::StripeEvent, content_type = "application/json"),
    responses(
        (status = 200, description = "Applied, now or before; or it is about something else.", body = EventAnswer),
        OfPaymentEvent,
    ),
    security(()),
)]
pub(crate) async fn hear(
    State(api): Api,
    headers: HeaderMap,
    request: Request,
) -> Result<Json<EventAnswer>, Problem> {
    let top_ups = api.top_ups.as_ref().ok_or_else(not_configured)?;
    let signature = headers.get(SIGNATURE_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let body = Bytes::from_request(request, &api).await.map_err(|rejection| unread(&rejection))?;
    let outcome = top_ups.hear(&body, signature).await?;
    Ok(Json(EventAnswer::new(outcome == EventOutcome::Applied)))
}

/// Where customers come back to when they have paid.
pub(crate) const DONE_PATH: &str = "/payment/done";
/// Where customers come back to when they have not.
pub(crate) const CANCELLED_PATH: &str = "/payment/cancelled";

/// `GET /payment/done`.
pub(crate) async fn done() -> Html<&'static str> {
    Html(include_str!("payment_done.html"))
}

/// `GET /payment/cancelled`.
pub(crate) async fn cancelled() -> Html<&'static str> {
    Html(include_str!("payment_cancelled.html"))
}

fn configured(payments: Option<&Payments>) -> Result<&Payments, Problem> {
    payments.ok_or_else(not_configured)
}

/// There is no Stripe here.
pub(crate) fn not_configured() -> Problem {
    let detail =
        "Payments are not set up here. Nothing was charged; the operator can put money into the wallet.";
    Problem::new(ErrorCode::PaymentsNotConfigured, detail)
}

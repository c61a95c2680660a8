//! Opening a page on which a customer pays ("Create a Checkout Session").
//!
//! Every parameter follows from the request alone, as a repeat under the same key must be the same to the letter.

use chrono::{DateTime, Utc};

use super::transport::{Call, Parameter, Transport};
use super::wire::OpenedSession;
use super::{currency, mark};
use crate::{CheckoutRequest, GatewayError, OpenedPage, ReturnPages};

/// Opens the page. Stripe takes an `expires_at` of 30 minutes to 24 hours from now, and refuses any other.
pub(super) async fn open(
    transport: &Transport,
    checkout: &CheckoutRequest,
) -> Result<OpenedPage, GatewayError> {
    let form = form(&transport.config().deployment, checkout)?;
    let key = mark::checkout_key(checkout.payment);
    let call = Call::write("open_checkout", "checkout/sessions", form, Some(key));
    opened(transport, &call).await
}

fn form(deployment: &str, checkout: &CheckoutRequest) -> Result<Vec<Parameter>, GatewayError> {
    let number = chargeable(checkout.amount)?;
    let mut form = vec![
        field("mode", "payment"),
        field("client_reference_id", checkout.payment.to_string()),
        field("line_items[0][quantity]", "1"),
        field("line_items[0][price_data][currency]", lower_case(checkout.amount.currency())),
        field("line_items[0][price_data][unit_amount]", number.to_string()),
        field("line_items[0][price_data][product_data][name]", checkout.description.as_str()),
        field("payment_intent_data[description]", checkout.description.as_str()),
        // The wallet is credited in the currency that was asked for, so none other is offered.
        field("adaptive_pricing[enabled]", "false"),
    ];
    form.extend(mark::of_payment("metadata", deployment, checkout.payment, &checkout.user));
    form.extend(mark::of_payment(
        "payment_intent_data[metadata]",
        deployment,
        checkout.payment,
        &checkout.user,
    ));
    form.extend(until(checkout.expires_at, &checkout.pages));
    Ok(form)
}

/// Sends the request for a page and reads where it is.
pub(super) async fn opened(transport: &Transport, call: &Call) -> Result<OpenedPage, GatewayError> {
    let session: OpenedSession = transport.send(call).await?;
    let unknown = |detail: &str| GatewayError::OutcomeUnknown { detail: detail.to_owned(), source: None };
    Ok(OpenedPage {
        session: session.id,
        url: session
            .url
            .and_then(|url| url.parse().ok())
            .ok_or_else(|| unknown("Stripe opened a page without an address"))?,
        expires_at: DateTime::<Utc>::from_timestamp(session.expires_at, 0)
            .ok_or_else(|| unknown("Stripe opened a page that ends at no time"))?,
    })
}

/// Until when a page lasts, and where it leads. `{CHECKOUT_SESSION_ID}` in the query of an address is sent as it is, for
/// Stripe to fill in.
pub(super) fn until(expires_at: DateTime<Utc>, pages: &ReturnPages) -> [Parameter; 3] {
    [
        field("expires_at", expires_at.timestamp().to_string()),
        field("success_url", pages.done.as_str()),
        field("cancel_url", pages.cancelled.as_str()),
    ]
}

/// The number that charges an amount; a refusal of our own, before anything is sent, where there is none.
pub(super) fn chargeable(amount: trunkline_domain::Money) -> Result<i64, GatewayError> {
    currency::to_stripe(amount).ok_or_else(|| GatewayError::Refused {
        code: None,
        message: format!("Stripe cannot charge {amount}; nothing was sent"),
    })
}

/// A currency as Stripe writes it.
pub(super) fn lower_case(currency: trunkline_domain::Currency) -> String {
    currency.code().to_ascii_lowercase()
}

/// A form field or query parameter.
pub(super) fn field(name: &str, value: impl Into<String>) -> Parameter {
    (name.to_owned(), value.into())
}

//! Payments, as clients see them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use trunkline_domain::{Currency, JsonMoney, PaymentId};
use trunkline_payments::{Checkout, Payment, PaymentPage, PaymentState, StoredTaking};
use utoipa::ToSchema;

use super::Success;
use crate::description::words;

/// A page on which a customer can pay.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CheckoutAnswer {
    success: Success,
    /// Stripe's id of the page.
    session_id: String,
    /// Where to send the customer.
    url: String,
    #[schema(value_type = words::Id)]
    payment_id: PaymentId,
    expires_at: Option<DateTime<Utc>>,
}

impl CheckoutAnswer {
    /// The answer about a page that is open; `None` where the payment names no session, which no open page does.
    pub(crate) fn new(checkout: &Checkout) -> Option<Self> {
        Some(Self {
            success: Success,
            session_id: checkout.payment.session.as_ref()?.to_string(),
            url: checkout.url.to_string(),
            payment_id: checkout.payment.id,
            expires_at: checkout.payment.page_expires_at,
        })
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CustomerPayment)]
struct PaymentRecord {
    #[schema(value_type = words::Id)]
    id: PaymentId,
    #[schema(value_type = words::PaymentKind)]
    kind: &'static str,
    #[schema(value_type = words::PaymentState)]
    status: &'static str,
    /// What was asked for.
    #[schema(value_type = words::Amount)]
    amount: JsonMoney,
    #[schema(value_type = words::Currency)]
    currency: Currency,
    /// What was paid and credited; null before.
    #[schema(value_type = Option<words::Amount>, required)]
    paid_amount: Option<JsonMoney>,
    #[schema(value_type = Option<words::Currency>, required)]
    paid_currency: Option<Currency>,
    /// Why the last attempt was declined, in Stripe's word; `withdrawn` for a top-up of which no card was asked.
    #[schema(required)]
    decline: Option<String>,
    /// Where it can be paid; null where it cannot.
    #[schema(required)]
    url: Option<String>,
    #[schema(required)]
    session_id: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Payment> for PaymentRecord {
    fn from(payment: Payment) -> Self {
        let can_be_paid = payment.state == PaymentState::Open;
        Self {
            id: payment.id,
            kind: payment.kind.as_str(),
            status: payment.state.as_str(),
            amount: payment.asked.into(),
            currency: payment.asked.currency(),
            paid_amount: payment.paid.map(JsonMoney::from),
            paid_currency: payment.paid.map(trunkline_domain::Money::currency),
            decline: payment.decline.filter(|_| payment.state != PaymentState::Completed),
            url: payment.page.filter(|_| can_be_paid).map(String::from),
            session_id: payment.session.map(String::from),
            created_at: payment.opened_at,
            updated_at: payment.updated_at,
        }
    }
}

/// Something that was taken back of a payment.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PaymentTaking)]
struct TakingRecord {
    /// Stripe's id of the refund or dispute.
    id: String,
    #[schema(value_type = words::TakingKind)]
    kind: &'static str,
    #[schema(value_type = words::Amount)]
    amount: JsonMoney,
    #[schema(value_type = words::Currency)]
    currency: Currency,
    taken_at: DateTime<Utc>,
    /// When it came back: the refund failed, or the dispute was won. Null where it did not.
    #[schema(required)]
    returned_at: Option<DateTime<Utc>>,
}

/// One payment, and what was taken back of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PaymentAnswer {
    success: Success,
    payment: PaymentRecord,
    takings: Vec<TakingRecord>,
}

impl PaymentAnswer {
    pub(crate) fn new(payment: Payment, takings: Vec<StoredTaking>) -> Self {
        let taking = |taking: StoredTaking| TakingRecord {
            id: taking.id.into(),
            kind: taking.kind.as_str(),
            amount: taking.amount.into(),
            currency: taking.amount.currency(),
            taken_at: taking.taken_at,
            returned_at: taking.returned_at,
        };
        Self { success: Success, payment: payment.into(), takings: takings.into_iter().map(taking).collect() }
    }
}

/// A page of a user's payments.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PaymentListAnswer {
    success: Success,
    payments: Vec<PaymentRecord>,
    #[schema(value_type = Option<words::Id>, required)]
    next_cursor: Option<PaymentId>,
}

impl PaymentListAnswer {
    /// Where payments are not set up there are none.
    pub(crate) const fn empty() -> Self {
        Self { success: Success, payments: Vec::new(), next_cursor: None }
    }
}

impl From<PaymentPage> for PaymentListAnswer {
    fn from(page: PaymentPage) -> Self {
        let payments = page.payments.into_iter().map(PaymentRecord::from).collect();
        Self { success: Success, payments, next_cursor: page.next }
    }
}

/// An event that was heard.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventAnswer {
    success: Success,
    /// Whether it was about a payment of this deployment's.
    applied: bool,
}

impl EventAnswer {
    pub(crate) const fn new(applied: bool) -> Self {
        Self { success: Success, applied }
    }
}

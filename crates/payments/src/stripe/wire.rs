//! Stripe's objects, as much of them as is read. Unknown fields are fine; a field that is read and has another type makes
//! the whole unreadable.
//!
//! Of an enumeration that Stripe may lengthen, what we do not know is `Unknown`, so that one odd object does not hide a
//! page of others; whoever reads such an object says that it cannot.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::{CustomerId, IntentId, MethodId, SessionId, TakingId};

/// What was attached to an object.
pub(super) type Metadata = BTreeMap<String, String>;

/// An answer that is no success ("Errors").
#[derive(Debug, Deserialize)]
pub(super) struct ErrorAnswer {
    pub(super) error: ErrorBody,
}

#[derive(Debug, Deserialize)]
pub(super) struct ErrorBody {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) code: Option<String>,
    pub(super) decline_code: Option<String>,
    pub(super) param: Option<String>,
    pub(super) message: Option<String>,
    pub(super) payment_intent: Option<Value>,
}

/// One page of a list ("Pagination").
#[derive(Debug, Deserialize)]
pub(super) struct List<T> {
    pub(super) data: Vec<T>,
    pub(super) has_more: bool,
}

/// An object, or its id where it was not asked to be expanded ("Expanding responses").
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Expandable<T> {
    Object(T),
    Id(String),
}

/// A Checkout Session that was just made ("Create a Checkout Session").
#[derive(Debug, Deserialize)]
pub(super) struct OpenedSession {
    pub(super) id: SessionId,
    pub(super) url: Option<String>,
    pub(super) expires_at: i64,
}

/// A Checkout Session ("The Checkout Session object").
#[derive(Debug, Deserialize)]
pub(super) struct Session {
    pub(super) id: SessionId,
    pub(super) mode: Mode,
    pub(super) status: Option<SessionStatus>,
    pub(super) payment_status: PaymentStatus,
    pub(super) amount_total: Option<i64>,
    pub(super) currency: Option<String>,
    pub(super) metadata: Option<Metadata>,
    pub(super) payment_intent: Option<Expandable<Intent>>,
    pub(super) setup_intent: Option<Expandable<SetupIntent>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mode {
    Payment,
    Setup,
    #[serde(other)]
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SessionStatus {
    Open,
    Complete,
    Expired,
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PaymentStatus {
    Paid,
    Unpaid,
    NoPaymentRequired,
    #[serde(other)]
    Unknown,
}

/// A `PaymentIntent` ("The `PaymentIntent` object").
#[derive(Debug, Deserialize)]
pub(super) struct Intent {
    pub(super) id: IntentId,
    pub(super) amount: i64,
    pub(super) amount_received: i64,
    pub(super) currency: String,
    pub(super) status: IntentStatus,
    pub(super) metadata: Option<Metadata>,
    pub(super) last_payment_error: Option<PaymentError>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum IntentStatus {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    Processing,
    RequiresCapture,
    Canceled,
    Succeeded,
    #[serde(other)]
    Unknown,
}

/// Why an attempt to pay failed.
#[derive(Debug, Deserialize)]
pub(super) struct PaymentError {
    pub(super) code: Option<String>,
    pub(super) decline_code: Option<String>,
}

/// A `SetupIntent` ("The `SetupIntent` object").
#[derive(Debug, Deserialize)]
pub(super) struct SetupIntent {
    pub(super) status: SetupStatus,
    pub(super) payment_method: Option<Expandable<Method>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SetupStatus {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    Processing,
    Canceled,
    Succeeded,
    #[serde(other)]
    Unknown,
}

/// A `PaymentMethod` ("The `PaymentMethod` object").
#[derive(Debug, Deserialize)]
pub(super) struct Method {
    pub(super) id: MethodId,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) card: Option<Card>,
    /// To whom it belongs; not there once it is detached.
    pub(super) customer: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Card {
    pub(super) brand: String,
    pub(super) last4: String,
}

/// A Customer ("The Customer object").
#[derive(Debug, Deserialize)]
pub(super) struct Customer {
    pub(super) id: CustomerId,
}

/// A Refund ("The Refund object").
#[derive(Debug, Deserialize)]
pub(super) struct Refund {
    pub(super) id: TakingId,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) status: Option<RefundStatus>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RefundStatus {
    Pending,
    RequiresAction,
    Succeeded,
    Failed,
    Canceled,
    #[serde(other)]
    Unknown,
}

/// A Dispute ("The Dispute object").
#[derive(Debug, Deserialize)]
pub(super) struct Dispute {
    pub(super) id: TakingId,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) status: DisputeStatus,
    /// What it withdrew from the account's balance and gave back, in the account's own currency.
    #[serde(default)]
    pub(super) balance_transactions: Vec<BalanceTransaction>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DisputeStatus {
    WarningNeedsResponse,
    WarningUnderReview,
    WarningClosed,
    NeedsResponse,
    UnderReview,
    AppealNeedsResponse,
    AppealUnderReview,
    Won,
    Lost,
    Prevented,
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Deserialize)]
pub(super) struct BalanceTransaction {
    /// Less than nothing where money left the account.
    pub(super) amount: i64,
}

/// Where a document could not be read, without a word of what stood there.
pub(super) fn place_of(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Io => "not read",
        serde_json::error::Category::Syntax => "not JSON",
        serde_json::error::Category::Eof => "cut short",
        serde_json::error::Category::Data => "not of the pinned version's form",
    };
    format!("{what}, line {} column {}", error.line(), error.column())
}

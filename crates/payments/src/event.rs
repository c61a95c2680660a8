//! Events: the gateway's hints that a payment has changed. None is believed; each says only which payment to ask about,
//! and what it claims of it must agree with what the gateway answers.

use trunkline_domain::{Money, PaymentId, UserId};

use crate::{PaymentRef, SessionId};

/// An event whose signature is the gateway's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayEvent {
    /// The gateway's id of it.
    pub id: String,
    /// Its type, as `checkout.session.completed`.
    pub kind: String,
    /// What to ask about.
    pub subject: EventSubject,
    /// What it claims of the payment; each must be so.
    pub claims: EventClaims,
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventSubject {
    /// A payment: a session, an intent, a refund or a dispute.
    Payment(PaymentRef),
    /// A page on which a payment method is saved.
    Setup(SessionId),
    /// Something that Trunkline has nothing to do with.
    Other,
}

/// What an event claims and never changes at the gateway. What it does not mention is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventClaims {
    /// The payment's id.
    pub payment: Option<PaymentId>,
    /// Whose wallet it is for.
    pub user: Option<UserId>,
    /// How much is asked for.
    pub asked: Option<Money>,
}

/// Why a webhook's body is no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// The signature is missing or cannot be read.
    #[error("the signature is missing or malformed")]
    Malformed,
    /// It is signed with no secret that is configured, or the body was changed.
    #[error("the signature does not fit the body")]
    Forged,
    /// It was signed too long ago, or in the future.
    #[error("the signature is too old or from the future")]
    Stale,
    /// The signature fits, and the body is no event of the pinned API version's form.
    #[error("the event cannot be read: {0}")]
    Unreadable(String),
}

//! What the gateway says of one payment, when it is asked.
//!
//! *Invariant*: everything that a report says only ever grows. What was paid stays paid; a refund or dispute that took money
//! stays among the takings also when it gave the money back. So reports may be applied late, twice and in any order.

use trunkline_domain::{Money, PaymentId, UserId};

use crate::{IntentId, SessionId, TakingId};

/// One payment as the gateway has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentReport {
    /// Whose it is, by what was attached to it when it was opened; `None` for a payment that is none of Trunkline's.
    pub mark: Option<PaymentMark>,
    /// The session in which it is paid; `None` for a payment without a page.
    pub session: Option<SessionId>,
    /// The intent behind it; `None` while nobody has begun to pay.
    pub intent: Option<IntentId>,
    /// How much is asked for.
    pub asked: Money,
    /// How far it is.
    pub progress: Progress,
    /// Why the last attempt was declined, in the gateway's word (`card_declined`), where there was one.
    pub decline: Option<String>,
    /// What took money of it back, in any order.
    pub takings: Vec<Taking>,
}

/// What Trunkline attaches to each payment at the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentMark {
    /// The deployment that opened it: several may share an account of the gateway.
    pub deployment: String,
    /// The payment.
    pub payment: PaymentId,
    /// Whose wallet it is for.
    pub user: UserId,
}

/// How far a payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It can still be paid.
    Open,
    /// The customer has done their part, and the money is on its way (a bank debit).
    Processing,
    /// Paid.
    Paid {
        /// What was received, in the currency in which it was.
        amount: Money,
    },
    /// It came to nothing: declined for good, or cancelled.
    Failed,
    /// Nobody paid in time.
    Expired,
}

/// A refund or dispute that took money of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taking {
    /// The gateway's id of it.
    pub id: TakingId,
    /// What it is.
    pub kind: TakingKind,
    /// How much, in the currency of the payment; more than zero.
    pub amount: Money,
    /// Whether the money came back: a refund that failed, a dispute that was won.
    pub standing: TakingStanding,
}

/// What takes money of a payment back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakingKind {
    /// The operator gave it back.
    Refund,
    /// The customer disputed it with their bank.
    Dispute,
}

impl TakingKind {
    /// The name in SQL and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refund => "refund",
            Self::Dispute => "dispute",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Refund, Self::Dispute].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Where the money of a refund or dispute is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakingStanding {
    /// Taken.
    Taken,
    /// Taken, and given back since.
    Returned,
}

//! How a purchase or a release ends, as the client hears it. Stored with the idempotency key, so a repeat hears the
//! same.

use serde::{Deserialize, Serialize};
use trunkline_domain::{FailureReason, Money, Order, OrderId, OwnedNumber, TransferId};

use crate::port::{OpenRefusal, ReleaseRefusal};

/// The end of a purchase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "snake_case")]
pub enum PurchaseEnd {
    /// Bought and charged.
    Completed(Box<Purchased>),
    /// Not bought, not charged.
    Failed {
        /// The order.
        order: OrderId,
        /// Why.
        reason: FailureReason,
    },
    /// Never opened; nothing was held.
    Refused(OpenRefusal),
}

/// A number that was bought, with what it cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purchased {
    /// The number as it was bought.
    pub number: OwnedNumber,
    /// The transaction that paid for it.
    pub transaction: TransferId,
    /// What it took.
    pub amount: Money,
}

/// What a purchase came to within the time that the caller waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PurchaseOutcome {
    /// Bought and charged.
    Completed(Box<Purchased>),
    /// Not decided yet; the money is held. The order ends by itself or waits for an operator.
    Pending(Box<Order>),
}

/// The end of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "snake_case")]
pub enum ReleaseOutcome {
    /// Given back.
    Released,
    /// Not decided yet.
    Pending,
    /// The provider refuses to take it back; the number works as before.
    RefusedByProvider {
        /// The provider's error code, where it gave one.
        code: Option<u32>,
    },
    /// Never begun.
    Refused {
        /// Why.
        why: ReleaseRefusal,
    },
}

/// What a release came to within the time that the caller waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReleaseProgress {
    /// Given back, or the record removed.
    Released,
    /// Not decided yet; the number as it stands. It goes on by itself or waits for an operator.
    Pending(Box<OwnedNumber>),
}

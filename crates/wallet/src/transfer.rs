//! Transfers: the rows of the journal. Written once, never changed; a mistake is mended by a reversal.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use trunkline_domain::{Money, NumberId, OrderId, TransferId};

use crate::AccountId;

/// One movement of money, or of a claim on it. Both sides stand in one row, so an entry cannot be half written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Identity, and the idempotency key: a second row with the same id is the same transfer.
    pub id: TransferId,
    /// What it does.
    pub kind: TransferKind,
    /// Where the money comes from.
    pub debit: AccountId,
    /// Where it goes.
    pub credit: AccountId,
    /// How much; always more than zero.
    pub amount: Money,
    /// The hold that a capture or void resolves; set exactly for those two.
    pub pending: Option<TransferId>,
    /// The transfer that a reversal undoes; set exactly for a reversal.
    pub reverses: Option<TransferId>,
    /// The order it belongs to.
    pub order: Option<OrderId>,
    /// The number it paid for.
    pub number: Option<NumberId>,
    /// A sentence for the customer.
    pub description: String,
    /// The wallet among its two accounts; or the debt, between a debt and the clearing account.
    pub wallet: AccountId,
    /// Its place in that account's history, from 1 without gaps.
    pub wallet_version: i64,
    /// That account's balance after it.
    pub posted_after: Money,
    /// What open holds reserve of it after it.
    pub held_after: Money,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// What a transfer does to the wallet it touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferKind {
    /// Money in, or a correction out: `posted` changes.
    Post,
    /// Reserves: `held` grows.
    Hold,
    /// Takes what a hold reserved: `held` and `posted` fall.
    Capture,
    /// Gives back what a hold reserved: `held` falls.
    Void,
    /// Undoes an earlier post or capture: `posted` changes.
    Reversal,
}

impl TransferKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Post, Self::Hold, Self::Capture, Self::Void, Self::Reversal];

    /// The name in SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Hold => "hold",
            Self::Capture => "capture",
            Self::Void => "void",
            Self::Reversal => "reversal",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for kind in TransferKind::ALL {
            assert_eq!(TransferKind::from_name(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str(), "one name in SQL and JSON");
        }
        for name in ["", "Post", "posts", "refund"] {
            assert_eq!(TransferKind::from_name(name), None);
        }
    }
}

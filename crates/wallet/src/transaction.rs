//! Transactions: the journal as a customer reads it, one line for each credit and each order.

use chrono::{DateTime, Utc};
use trunkline_domain::{Currency, Money, NumberId, TransferId};

/// One line of a customer's history. A hold and its capture or void are one line, whose status tells which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Identity: that of the hold or the post.
    pub id: TransferId,
    /// When it began.
    pub date: DateTime<Utc>,
    /// In or out.
    pub direction: TransactionDirection,
    /// How much; always more than zero.
    pub amount: Money,
    /// What for.
    pub description: String,
    /// What became of it.
    pub status: TransactionStatus,
    /// The number it paid for.
    pub number: Option<NumberId>,
}

/// Whether money came in or went out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionDirection {
    /// In.
    Credit,
    /// Out.
    Debit,
}

impl TransactionDirection {
    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Credit, Self::Debit].into_iter().find(|direction| direction.as_str() == name)
    }

    /// The name in JSON and for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Credit => "credit",
            Self::Debit => "debit",
        }
    }
}

/// What became of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionStatus {
    /// Held, not decided.
    Pending,
    /// Done.
    Completed,
    /// Held and given back: the order came to nothing.
    Failed,
    /// Done and undone by a reversal.
    Refunded,
}

impl TransactionStatus {
    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Pending, Self::Completed, Self::Failed, Self::Refunded];
        all.into_iter().find(|status| status.as_str() == name)
    }

    /// The name in JSON and for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Refunded => "refunded",
        }
    }
}

/// Which lines of a history are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TransactionFilter {
    /// Those in this currency.
    pub currency: Option<Currency>,
    /// Those that came in, or went out.
    pub direction: Option<TransactionDirection>,
    /// Those of which this became.
    pub status: Option<TransactionStatus>,
}

impl TransactionFilter {
    /// Every line.
    pub const EVERYTHING: Self = Self { currency: None, direction: None, status: None };

    /// Whether a line is wanted.
    pub fn takes(&self, line: &Transaction) -> bool {
        self.currency.is_none_or(|currency| line.amount.currency() == currency)
            && self.direction.is_none_or(|direction| line.direction == direction)
            && self.status.is_none_or(|status| line.status == status)
    }
}

/// One page of a customer's history, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionPage {
    /// The lines.
    pub transactions: Vec<Transaction>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<TransferId>,
}

//! The transitions of an approval, as a store applies them, and what becomes of them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use trunkline_domain::{Actor, ApprovalId, Money, UserId};

use super::{Approval, Operator, PostKind};
use crate::{Balance, TransactionDirection};

/// Asks for an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalAsking {
    /// Identity, and that of the transfer that follows.
    pub id: ApprovalId,
    /// Whose wallet.
    pub user: UserId,
    /// As what.
    pub kind: PostKind,
    /// Into the wallet, or out of it.
    pub direction: TransactionDirection,
    /// How much; more than zero.
    pub amount: Money,
    /// A sentence for the customer.
    pub reason: String,
    /// Who asks.
    pub by: Actor,
    /// When.
    pub at: DateTime<Utc>,
    /// How long it waits, by the store's clock; the idempotency key is kept as long, and a day more.
    pub lifetime: Duration,
    /// How many may wait with this one.
    pub waiting_at_most: u32,
}

/// What became of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskAnswer {
    /// It waits, or was asked for before, by the same change or under the same key, and stands like this.
    Asked(Box<Approval>),
    /// What was asked for stands in the ledger already: posted under the same key by somebody who needed no approval.
    Posted,
    /// The idempotency key was used for another one.
    KeyReused,
    /// As many wait as may. Nothing was stored.
    TooManyWaiting,
}

/// Approves, and posts what was asked for, together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalGrant {
    /// The approval as it was read. The store looks again how it stands, and posts what it has stored itself.
    pub approval: Approval,
    /// Who approves.
    pub by: Actor,
    /// Why.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl ApprovalGrant {
    /// Who approves, to be compared with who asked.
    pub fn operator(&self) -> Operator {
        Operator::of(&self.by)
    }
}

/// What became of approving. Only the first two have moved money, both of them once and in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApproveAnswer {
    /// Approved and posted now.
    Approved {
        /// How it stands now.
        approval: Box<Approval>,
        /// The balance after it.
        balance: Balance,
    },
    /// It was approved before, by this change or another one; the balance is the one that it led to.
    ApprovedBefore {
        /// How it stands.
        approval: Box<Approval>,
        /// The balance after it.
        balance: Balance,
    },
    /// It is rejected or expired.
    Ended(Box<Approval>),
    /// Whoever approves is the one who asked. It waits on.
    SameOperator,
    /// Less is available than was to be taken. It waits on.
    Insufficient {
        /// The balance as it stands.
        balance: Balance,
    },
    /// The balance would leave what can be represented. It waits on.
    TooLarge,
    /// There is no such approval.
    NotFound,
}

/// Rejects an approval; whoever asked may do so too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRejection {
    /// Which.
    pub id: ApprovalId,
    /// Who rejects it.
    pub by: Actor,
    /// Why.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of rejecting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RejectAnswer {
    /// Rejected now, or before.
    Rejected(Box<Approval>),
    /// It is approved or expired, and stays so.
    Ended(Box<Approval>),
    /// There is no such approval.
    NotFound,
}

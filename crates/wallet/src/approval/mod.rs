//! The second pair of eyes: above a sum, what one operator wants to put into a wallet or take out of it moves nothing
//! until another operator approves it.
//!
//! `sums.rs` is the setting, `rule.rs` the comparison that a store makes inside its transition, `operator.rs` says who
//! counts as one operator, `change.rs` are the transitions, `asking.rs` and `deciding.rs` the service.
//!
//! *Invariants*: an approval and its transfer have one UUID, so it is posted once, however often and by however many it is
//! approved; whoever asked never approves, whichever of their keys they show; what is decided or past its time stays so.

mod asking;
mod change;
mod deciding;
mod operator;
mod rule;
mod sums;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use trunkline_domain::{Actor, ApprovalId, Money, UserId};

use crate::{AccountId, Adjustment, TransactionDirection};

pub(crate) use self::asking::Asked;
pub use self::asking::Posting;
pub use self::change::{
    ApprovalAsking, ApprovalGrant, ApprovalRejection, ApproveAnswer, AskAnswer, RejectAnswer,
};
pub use self::deciding::{ApprovalError, Approved, DecideApprovalCommand};
pub use self::operator::Operator;
pub use self::rule::ApprovalRule;
pub use self::sums::{ApprovalSums, ApprovalSumsError};

/// How long an approval waits for another operator: a weekend, and the day after it.
pub const APPROVAL_LIFETIME: Duration = Duration::from_hours(72);

/// How many approvals wait at once at most. It bounds what a stolen key can leave behind.
pub const APPROVALS_WAITING_MAX: u32 = 1_000;

/// A credit or correction that one operator has asked for and another one must approve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Identity, and that of its transfer.
    pub id: ApprovalId,
    /// Whose wallet.
    pub user: UserId,
    /// As what it was asked for.
    pub kind: PostKind,
    /// Into the wallet, or out of it.
    pub direction: TransactionDirection,
    /// How much; more than zero.
    pub amount: Money,
    /// Why; the customer reads it once it is posted.
    pub reason: String,
    /// Who asked.
    pub asked_by: Actor,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// From when on it can no longer be approved.
    pub expires_at: DateTime<Utc>,
    /// How it stands.
    pub state: ApprovalState,
    /// Who decided, once somebody has.
    pub decision: Option<ApprovalDecision>,
}

impl Approval {
    /// What is posted at this moment if it is approved.
    pub fn adjustment(&self, at: DateTime<Utc>) -> Adjustment {
        Adjustment {
            transfer: self.id.transfer(),
            user: self.user.clone(),
            wallet: AccountId::wallet(&self.user, self.amount.currency()),
            direction: self.direction,
            amount: self.amount,
            description: self.reason.clone(),
            at,
            approval: None,
        }
    }
}

/// What an operator decided about an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalDecision {
    /// Who.
    pub by: Actor,
    /// Why; kept in the audit trail, and never shown to the customer.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// How an approval stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    /// For another operator.
    Waiting,
    /// The money moved.
    Approved,
    /// Another operator refused, or the asker took it back. Nothing moved.
    Rejected,
    /// Nobody decided in time. Nothing moved, and nobody has to tidy up: it is a matter of when it is looked at.
    Expired,
}

impl ApprovalState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Approved, Self::Rejected, Self::Expired];

    /// The name in JSON, SQL and for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// As what money is put into a wallet or taken out of it by an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostKind {
    /// A payment that came in.
    Credit,
    /// A correction, either way.
    Adjustment,
}

impl PostKind {
    /// All kinds.
    pub const ALL: [Self; 2] = [Self::Credit, Self::Adjustment];

    /// The name in JSON and SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Credit => "credit",
            Self::Adjustment => "adjustment",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// What other systems are told when it is posted.
    pub const fn event(self) -> &'static str {
        match self {
            Self::Credit => "wallet.credited",
            Self::Adjustment => "wallet.adjusted",
        }
    }

    /// What the audit trail calls it.
    pub const fn action(self) -> &'static str {
        match self {
            Self::Credit => "wallet.credit",
            Self::Adjustment => "wallet.adjust",
        }
    }
}

/// Which approvals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalFilter {
    /// About this user's wallets; `None` for everybody's.
    pub user: Option<UserId>,
    /// In which state; `None` for all.
    pub state: Option<ApprovalState>,
    /// From the one after this.
    pub after: Option<ApprovalId>,
    /// At most so many.
    pub limit: u16,
}

/// Approvals, those that were asked for last first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalPage {
    /// The approvals.
    pub approvals: Vec<Approval>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<ApprovalId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for state in ApprovalState::ALL {
            assert_eq!(ApprovalState::from_name(state.as_str()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str(), "one name in SQL and JSON");
        }
        for kind in PostKind::ALL {
            assert_eq!(PostKind::from_name(kind.as_str()), Some(kind));
        }
        assert_eq!((ApprovalState::from_name("given"), PostKind::from_name("gift")), (None, None));
    }
}

//! What becomes of a credit or correction that another operator must approve, where that is no money moved.

use trunkline_domain::ChargeState;
use trunkline_wallet::{Approval, ApprovalError, ApprovalState, WalletStoreError};

use super::of_decisions::short_of;
use super::{ErrorCode, Problem};
use crate::answer::operator::ApprovalMark;

impl Problem {
    /// An approval that can no longer be decided, or not like this.
    pub(crate) fn approval_ended(approval: &Approval) -> Self {
        let (charged, detail) = match approval.state {
            ApprovalState::Approved => (
                ChargeState::Yes,
                "The approval was given before, and the money has moved. Nothing was changed; correct the wallet if that was \
                 a mistake.",
            ),
            ApprovalState::Rejected => (
                ChargeState::No,
                "The approval was rejected. No money moved; ask again, with a new Idempotency-Key, if it is still wanted.",
            ),
            ApprovalState::Waiting | ApprovalState::Expired => (
                ChargeState::No,
                "Nobody approved in time. No money moved; ask again, with a new Idempotency-Key, if it is still wanted.",
            ),
        };
        Self::new(ErrorCode::ApprovalEnded, detail)
            .charged(charged)
            .member("approval", ApprovalMark::of(approval))
    }

    /// As many approvals wait as may.
    pub(crate) fn too_many_approvals(limit: u32) -> Self {
        let detail = format!(
            "This needs another operator, and {limit} approvals wait already, which is the most. No money moved; decide some \
             of them first."
        );
        Self::new(ErrorCode::LimitExceeded, detail).charged(ChargeState::No).member("limit", limit)
    }
}

impl From<ApprovalError> for Problem {
    fn from(error: ApprovalError) -> Self {
        match error {
            ApprovalError::NotFound => Self::absent(ErrorCode::ApprovalNotFound),
            ApprovalError::Ended(approval) => Self::approval_ended(&approval),
            ApprovalError::SameOperator => Self::new(
                ErrorCode::SecondOperatorRequired,
                "This was asked for by the same operator: with this key, one that it replaces or that replaced it, or keys that \
                 were made or rotated with one another. No money moved; another operator must approve it.",
            )
            .charged(ChargeState::No),
            ApprovalError::Insufficient { required, available, held } => {
                short_of(required, available, held, "No money moved, and the approval waits on.")
            }
            ApprovalError::TooLarge => Self::new(
                ErrorCode::ValidationFailed,
                "The balance would become too large. No money moved, and the approval waits on; reject it, and ask for less.",
            )
            .charged(ChargeState::No),
            ApprovalError::Unreckonable(error) => Self::internal().because(error),
            ApprovalError::Store(WalletStoreError::OutcomeUnknown(_)) => {
                let detail = "The database did not say whether the decision is stored. Look at the approval; deciding the same \
                              again is safe, and moves money once.";
                Self::new(ErrorCode::StorageUnavailable, detail).because(error)
            }
            ApprovalError::Store(error) => error.into(),
        }
    }
}

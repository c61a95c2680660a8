//! What an operator sees and decides of what another one asked for.

use chrono::{DateTime, Utc};
use serde_json::json;
use trunkline_domain::{
    ApprovalId, AuditEntry, Change, Event, EventId, Money, MoneyError, Origin, Reason, RequestContext,
};

use super::{
    Approval, ApprovalFilter, ApprovalGrant, ApprovalPage, ApprovalRejection, ApprovalState, ApproveAnswer,
    RejectAnswer,
};
use crate::service::until_known;
use crate::{Balance, WalletStoreError, Wallets};

/// A decision about an approval.
#[derive(Debug, Clone)]
pub struct DecideApprovalCommand {
    /// Which.
    pub approval: ApprovalId,
    /// Why; kept in the audit trail, and never shown to the customer.
    pub reason: Reason,
    /// Who decides.
    pub origin: Origin,
}

/// An approval that is given; its transfer stands in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    /// The approval.
    pub approval: Approval,
    /// The balance after it.
    pub balance: Balance,
    /// Whether it was approved before. Then the money moved at that time, and not again.
    pub repeated: bool,
}

/// Why a decision about an approval was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    /// There is no such approval.
    #[error("there is no such approval")]
    NotFound,
    /// It is decided otherwise already, or past its time.
    #[error("the approval is {}", .0.state.as_str())]
    Ended(Box<Approval>),
    /// Whoever approves is the one who asked.
    #[error(
        "this was asked for by the same operator: with the same key or login, or with a key that comes from the same one. \
         It needs another operator"
    )]
    SameOperator,
    /// Less is available than is to be taken; the approval waits on.
    #[error(
        "{required} is to be taken, and {available} is available ({held} is held for open orders); the approval waits on"
    )]
    Insufficient {
        /// What is to be taken.
        required: Money,
        /// What is available.
        available: Money,
        /// What open orders hold; a correction never takes it.
        held: Money,
    },
    /// The balance would leave what can be represented; the approval waits on.
    #[error("the balance would become too large; the approval waits on")]
    TooLarge,
    /// The ledger says something that its rules forbid.
    #[error("the balance cannot be reckoned")]
    Unreckonable(#[from] MoneyError),
    /// The store failed; see there whether the decision may stand.
    #[error(transparent)]
    Store(#[from] WalletStoreError),
}

impl Wallets {
    /// One approval as it stands now.
    pub async fn approval(&self, id: ApprovalId) -> Result<Option<Approval>, WalletStoreError> {
        self.store.approval(id).await
    }

    /// Approvals, those that were asked for last first; the filter's limit is brought into 1 to 100.
    pub async fn approvals(&self, filter: &ApprovalFilter) -> Result<ApprovalPage, WalletStoreError> {
        let filter = ApprovalFilter { limit: filter.limit.clamp(1, 100), ..filter.clone() };
        self.store.approvals(&filter).await
    }

    /// Approves what another operator asked for, and posts it. Approved again, it answers how it stands: the money moves
    /// once.
    pub async fn approve(&self, command: DecideApprovalCommand) -> Result<Approved, ApprovalError> {
        let approval = self.store.approval(command.approval).await?.ok_or(ApprovalError::NotFound)?;
        let required = approval.amount;
        let change = self.granting(approval, command);
        match until_known(|| self.store.approve(&change)).await? {
            ApproveAnswer::Approved { approval, balance } => {
                Ok(Approved { approval: *approval, balance, repeated: false })
            }
            ApproveAnswer::ApprovedBefore { approval, balance } => {
                // Stores keep microseconds.
                let is_this = approval.decision.as_ref().is_some_and(|decision| {
                    decision.at.timestamp_micros() == change.body.at.timestamp_micros()
                        && decision.by == change.body.by
                });
                Ok(Approved { approval: *approval, balance, repeated: !is_this })
            }
            ApproveAnswer::Ended(approval) => Err(ApprovalError::Ended(approval)),
            ApproveAnswer::SameOperator => Err(ApprovalError::SameOperator),
            ApproveAnswer::Insufficient { balance } => {
                let available = balance.available()?;
                Err(ApprovalError::Insufficient { required, available, held: balance.held })
            }
            ApproveAnswer::TooLarge => Err(ApprovalError::TooLarge),
            ApproveAnswer::NotFound => Err(ApprovalError::NotFound),
        }
    }

    /// Rejects what an operator asked for, or takes back what one asked for oneself. Nothing moves. Rejected again, it
    /// answers how it stands.
    pub async fn reject(&self, command: DecideApprovalCommand) -> Result<Approval, ApprovalError> {
        let approval = self.store.approval(command.approval).await?.ok_or(ApprovalError::NotFound)?;
        let change = self.rejecting(&approval, command);
        match until_known(|| self.store.reject(&change)).await? {
            RejectAnswer::Rejected(approval) => Ok(*approval),
            RejectAnswer::Ended(approval) => Err(ApprovalError::Ended(approval)),
            RejectAnswer::NotFound => Err(ApprovalError::NotFound),
        }
    }

    /// The decision and what it posts, each with its line: the decision's has who approves and why, the post's who asked
    /// and what the customer reads.
    fn granting(&self, approval: Approval, command: DecideApprovalCommand) -> Change<ApprovalGrant> {
        let DecideApprovalCommand { reason, origin, .. } = command;
        let at = self.clock.now();
        let (told, decided) = self.decided(&approval, ApprovalState::Approved, &reason, &origin, at);
        let data = json!({
            "direction": approval.direction.as_str(),
            "amount": approval.amount,
            "approval": approval.id,
        });
        let posted = Event {
            id: EventId::from_uuid(self.ids.next()),
            kind: approval.kind.event().to_owned(),
            user: approval.user.clone(),
            subject: approval.id.transfer().to_string(),
            at,
            data: data.clone(),
        };
        // The request is the second operator's, and so is the address that it came from.
        let context = RequestContext { address: None, ..origin.context.clone() };
        let asker = Origin { actor: approval.asked_by.clone(), context };
        let line = asker.audit(approval.kind.action(), approval.id.transfer(), Some(&approval.user), at);
        let line = AuditEntry { reason: Some(approval.reason.clone()), details: data, ..line };
        let grant = ApprovalGrant { approval, by: origin.actor, reason: reason.into(), at };
        Change::new(grant).event(told).event(posted).audit(decided).audit(line)
    }

    fn rejecting(&self, approval: &Approval, command: DecideApprovalCommand) -> Change<ApprovalRejection> {
        let DecideApprovalCommand { reason, origin, .. } = command;
        let at = self.clock.now();
        let (told, decided) = self.decided(approval, ApprovalState::Rejected, &reason, &origin, at);
        let rejection = ApprovalRejection { id: approval.id, by: origin.actor, reason: reason.into(), at };
        Change::new(rejection).event(told).audit(decided)
    }

    fn decided(
        &self,
        approval: &Approval,
        state: ApprovalState,
        reason: &Reason,
        origin: &Origin,
        at: DateTime<Utc>,
    ) -> (Event, AuditEntry) {
        let data = json!({
            "operation": approval.kind.as_str(),
            "direction": approval.direction.as_str(),
            "amount": approval.amount,
        });
        let event = Event {
            id: EventId::from_uuid(self.ids.next()),
            kind: format!("approval.{}", state.as_str()),
            user: approval.user.clone(),
            subject: approval.id.to_string(),
            at,
            data,
        };
        let action = if state == ApprovalState::Approved { "approval.approve" } else { "approval.reject" };
        let mut line = origin.audit(action, approval.id, Some(&approval.user), at);
        line.reason = Some(reason.to_string());
        line.details = json!({
            "operation": approval.kind.as_str(),
            "direction": approval.direction.as_str(),
            "amount": approval.amount,
            "askedBy": approval.asked_by,
            "askedReason": approval.reason,
            "status": { "before": ApprovalState::Waiting, "after": state },
        });
        (event, line)
    }
}

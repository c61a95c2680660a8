//! Asking for an approval, where a credit or correction needs one.

use serde_json::json;
use trunkline_domain::{Actor, ApprovalId, Change, Event, EventId, Money, Origin, RequestKey};

use super::{
    APPROVAL_LIFETIME, APPROVALS_WAITING_MAX, Approval, ApprovalAsking, ApprovalRule, ApprovalState,
    AskAnswer, Operator, PostKind,
};
use crate::service::until_known;
use crate::{Adjustment, WalletStoreError, Wallets};

/// What became of a credit or a correction that nothing speaks against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Posting<T> {
    /// It stands in the ledger.
    Posted(T),
    /// It is above the sum: no money moved. The approval waits for another operator, or was rejected, or is past its time.
    UnderApproval(Box<Approval>),
}

/// What asking came to.
pub(crate) enum Asked {
    /// The approval stands like this.
    Approval(Box<Approval>),
    /// What was asked for is in the ledger by now.
    Posted,
    KeyReused,
    TooManyWaiting,
}

impl Wallets {
    /// How much whoever asks may move in a currency without another operator. Trunkline's own posts are nobody's.
    pub(crate) fn rule_for(&self, origin: &Origin, amount: Money) -> Option<ApprovalRule> {
        match &origin.actor {
            Actor::System => None,
            Actor::User { .. }
            | Actor::Service { .. }
            | Actor::Operator { .. }
            | Actor::CommandLine { .. } => {
                let above = self.sums.as_ref()?.in_currency(amount.currency());
                Some(ApprovalRule { above, operator: Operator::of(&origin.actor) })
            }
        }
    }

    /// Has an approval wait for what was to be posted.
    pub(crate) async fn ask(
        &self,
        kind: PostKind,
        wanted: &Adjustment,
        request: Option<&RequestKey>,
        origin: &Origin,
    ) -> Result<Asked, WalletStoreError> {
        let change = self.asking(kind, wanted, request.cloned(), origin);
        Ok(match until_known(|| self.store.ask_approval(&change)).await? {
            AskAnswer::Asked(approval) => standing(approval),
            AskAnswer::Posted => Asked::Posted,
            AskAnswer::KeyReused => Asked::KeyReused,
            AskAnswer::TooManyWaiting => Asked::TooManyWaiting,
        })
    }

    /// How the approval of an earlier request stands.
    pub(crate) async fn asked_before(&self, id: ApprovalId) -> Result<Asked, WalletStoreError> {
        let approval = self.store.approval(id).await?;
        let approval = approval.ok_or_else(|| {
            WalletStoreError::Broken(format!("a key stands for approval {id}, which is not there"))
        })?;
        Ok(standing(Box::new(approval)))
    }

    fn asking(
        &self,
        kind: PostKind,
        wanted: &Adjustment,
        request: Option<RequestKey>,
        origin: &Origin,
    ) -> Change<ApprovalAsking> {
        let id = ApprovalId::of(wanted.transfer);
        let Adjustment { user, direction, amount, description, at, .. } = wanted;
        let data = json!({ "operation": kind.as_str(), "direction": direction.as_str(), "amount": amount });
        let event = Event {
            id: EventId::from_uuid(self.ids.next()),
            kind: "approval.asked".to_owned(),
            user: user.clone(),
            subject: id.to_string(),
            at: *at,
            data: data.clone(),
        };
        let mut audit = origin.audit("approval.ask", id, Some(user), *at);
        audit.reason = Some(description.clone());
        audit.details = data;
        let asking = ApprovalAsking {
            id,
            user: user.clone(),
            kind,
            direction: *direction,
            amount: *amount,
            reason: description.clone(),
            by: origin.actor.clone(),
            at: *at,
            lifetime: APPROVAL_LIFETIME,
            waiting_at_most: APPROVALS_WAITING_MAX,
        };
        Change::new(asking).request(request).event(event).audit(audit)
    }
}

fn standing(approval: Box<Approval>) -> Asked {
    match approval.state {
        ApprovalState::Approved => Asked::Posted,
        ApprovalState::Waiting | ApprovalState::Rejected | ApprovalState::Expired => {
            Asked::Approval(approval)
        }
    }
}

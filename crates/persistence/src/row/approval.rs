//! Approvals as they are stored.

use sqlx::FromRow;
use trunkline_domain::ApprovalId;
use trunkline_wallet::{
    Approval, ApprovalDecision, ApprovalPage, ApprovalState, PostKind, TransactionDirection,
};

use crate::cell::{Document, Id, Micros, Moment};
use crate::codec::{from_json, money, named, parse};
use crate::error::Fault;
use crate::row::page::cut_page;

/// An approval, and whether its time is over by the store's clock.
#[derive(Debug, FromRow)]
pub(crate) struct ApprovalRow {
    id: Id,
    user_id: String,
    operation: String,
    direction: String,
    amount: Micros,
    currency: String,
    reason: String,
    asked_by: Document,
    asked_at: Moment,
    expires_at: Moment,
    state: String,
    decided_by: Option<Document>,
    decision_reason: Option<String>,
    decided_at: Option<Moment>,
    is_past: bool,
}

impl ApprovalRow {
    pub(crate) fn approval(&self) -> Result<Approval, Fault> {
        Ok(Approval {
            id: ApprovalId::from_uuid(self.id.0),
            user: parse("approval.user_id", &self.user_id)?,
            kind: named("approval.operation", &self.operation, PostKind::from_name)?,
            direction: named("approval.direction", &self.direction, TransactionDirection::from_name)?,
            amount: money(self.amount.0, &self.currency)?,
            reason: self.reason.clone(),
            asked_by: from_json("approval.asked_by", &self.asked_by.0)?,
            asked_at: self.asked_at.time(),
            expires_at: self.expires_at.time(),
            state: self.state()?,
            decision: self.decision()?,
        })
    }

    /// One that waits past its time is expired, which nobody writes down.
    fn state(&self) -> Result<ApprovalState, Fault> {
        let stored = named("approval.state", &self.state, ApprovalState::from_name)?;
        let is_over = stored == ApprovalState::Waiting && self.is_past;
        Ok(if is_over { ApprovalState::Expired } else { stored })
    }

    fn decision(&self) -> Result<Option<ApprovalDecision>, Fault> {
        let (Some(by), Some(reason), Some(at)) = (&self.decided_by, &self.decision_reason, self.decided_at)
        else {
            return Ok(None);
        };
        let by = from_json("approval.decided_by", &by.0)?;
        Ok(Some(ApprovalDecision { by, reason: reason.clone(), at: at.time() }))
    }

    /// A page of so many, of rows of which one more was asked for.
    pub(crate) fn page(rows: &[Self], limit: u16) -> Result<ApprovalPage, Fault> {
        let approvals = rows.iter().map(Self::approval).collect::<Result<Vec<_>, Fault>>()?;
        let (approvals, next) = cut_page(approvals, limit, |approval| approval.id);
        Ok(ApprovalPage { approvals, next })
    }
}

//! Credits and corrections that another operator must approve.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Serialize;
use trunkline_domain::{Actor, ApprovalId, ChargeState, Currency, JsonMoney, MoneyError, TransferId, UserId};
use trunkline_wallet::{Approval, ApprovalPage, ApprovalState, Approved};

use super::wallet::AdjustmentRecord;
use crate::answer::Success;
use crate::answer::wallet::BalanceAfter;
use crate::problem::{ErrorCode, Problem};

/// What whoever asked needs of an approval.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApprovalMark {
    id: ApprovalId,
    status: &'static str,
    expires_at: DateTime<Utc>,
}

impl ApprovalMark {
    pub(crate) const fn of(approval: &Approval) -> Self {
        Self { id: approval.id, status: approval.state.as_str(), expires_at: approval.expires_at }
    }
}

/// What moves nothing yet: like a purchase that is not decided, a 2xx answer without `success: true`.
#[derive(Debug, Serialize)]
struct RequiredAnswer {
    success: bool,
    code: &'static str,
    error: &'static str,
    charged: ChargeState,
    approval: ApprovalMark,
}

/// What whoever wanted to credit or correct hears of the approval that it takes.
pub(crate) fn under_approval(approval: &Approval) -> Response {
    match approval.state {
        ApprovalState::Waiting => {
            let location = [(header::LOCATION, format!("/api/operator/approvals/{}", approval.id))];
            let answer = RequiredAnswer {
                success: false,
                code: ErrorCode::ApprovalRequired.as_str(),
                error: "This is above what one operator may move. No money moved; another operator must approve it first.",
                charged: ChargeState::No,
                approval: ApprovalMark::of(approval),
            };
            (StatusCode::ACCEPTED, location, Json(answer)).into_response()
        }
        ApprovalState::Approved | ApprovalState::Rejected | ApprovalState::Expired => {
            Problem::approval_ended(approval).into_response()
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ApprovalRecord {
    #[serde(flatten)]
    mark: ApprovalMark,
    /// `credit` or `adjustment`: as what it was asked for.
    operation: &'static str,
    user_id: UserId,
    #[serde(rename = "type")]
    direction: &'static str,
    amount: JsonMoney,
    currency: Currency,
    /// The asker's; the customer reads it once the money has moved.
    reason: String,
    asked_by: Actor,
    asked_at: DateTime<Utc>,
    decided_by: Option<Actor>,
    decision_reason: Option<String>,
    decided_at: Option<DateTime<Utc>>,
    /// The transaction, once the money has moved.
    transaction_id: Option<TransferId>,
}

impl From<Approval> for ApprovalRecord {
    fn from(approval: Approval) -> Self {
        let is_posted = approval.state == ApprovalState::Approved;
        let mark = ApprovalMark::of(&approval);
        let Approval { id, user, kind, direction, amount, reason, asked_by, asked_at, decision, .. } =
            approval;
        let (decided_by, decision_reason, decided_at) = match decision {
            Some(decision) => (Some(decision.by), Some(decision.reason), Some(decision.at)),
            None => (None, None, None),
        };
        Self {
            mark,
            operation: kind.as_str(),
            user_id: user,
            direction: direction.as_str(),
            amount: amount.into(),
            currency: amount.currency(),
            reason,
            asked_by,
            asked_at,
            decided_by,
            decision_reason,
            decided_at,
            transaction_id: is_posted.then(|| id.transfer()),
        }
    }
}

/// One approval.
#[derive(Debug, Serialize)]
pub(crate) struct ApprovalAnswer {
    success: Success,
    approval: ApprovalRecord,
}

impl From<Approval> for ApprovalAnswer {
    fn from(approval: Approval) -> Self {
        Self { success: Success, approval: approval.into() }
    }
}

/// An approval that is given, and what was posted with it.
#[derive(Debug, Serialize)]
pub(crate) struct ApprovedAnswer {
    success: Success,
    approval: ApprovalRecord,
    transaction: AdjustmentRecord,
    balance: BalanceAfter,
}

impl ApprovedAnswer {
    pub(crate) fn new(approved: Approved) -> Result<Self, MoneyError> {
        let Approved { approval, balance, .. } = approved;
        let transaction = AdjustmentRecord::new(
            approval.id.transfer(),
            approval.user.clone(),
            approval.direction,
            approval.amount,
        );
        Ok(Self {
            success: Success,
            approval: approval.into(),
            transaction,
            balance: BalanceAfter::new(&balance)?,
        })
    }
}

/// A page of approvals, those that were asked for last first.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApprovalListAnswer {
    success: Success,
    approvals: Vec<ApprovalRecord>,
    next_cursor: Option<ApprovalId>,
}

impl From<ApprovalPage> for ApprovalListAnswer {
    fn from(page: ApprovalPage) -> Self {
        let approvals = page.approvals.into_iter().map(ApprovalRecord::from).collect();
        Self { success: Success, approvals, next_cursor: page.next }
    }
}

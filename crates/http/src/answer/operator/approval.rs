//! Credits and corrections that another operator must approve.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Serialize;
use trunkline_domain::{Actor, ApprovalId, ChargeState, Currency, JsonMoney, MoneyError, TransferId, UserId};
use trunkline_wallet::{Approval, ApprovalPage, ApprovalState, Approved};
use utoipa::ToSchema;

use super::wallet::AdjustmentRecord;
use crate::answer::Success;
use crate::answer::wallet::BalanceAfter;
use crate::description::{things, words};
use crate::problem::{ErrorCode, Problem};

/// What whoever asked needs of an approval.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApprovalMark {
    #[schema(value_type = words::Id)]
    id: ApprovalId,
    #[schema(value_type = words::ApprovalState)]
    status: &'static str,
    expires_at: DateTime<Utc>,
}

impl ApprovalMark {
    pub(crate) const fn of(approval: &Approval) -> Self {
        Self { id: approval.id, status: approval.state.as_str(), expires_at: approval.expires_at }
    }
}

/// What moves nothing yet: like a purchase that is not decided, a 2xx answer without `success: true`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApprovalRequired {
    #[schema(value_type = words::False)]
    success: bool,
    #[schema(value_type = words::ErrorCode)]
    code: &'static str,
    error: &'static str,
    #[schema(value_type = words::Charged)]
    charged: ChargeState,
    approval: ApprovalMark,
}

/// What whoever wanted to credit or correct hears of the approval that it takes.
pub(crate) fn under_approval(approval: &Approval) -> Response {
    match approval.state {
        ApprovalState::Waiting => {
            let location = [(header::LOCATION, format!("/api/operator/approvals/{}", approval.id))];
            let answer = ApprovalRequired {
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

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Approval)]
struct ApprovalRecord {
    #[schema(value_type = words::Id)]
    id: ApprovalId,
    #[schema(value_type = words::ApprovalState)]
    status: &'static str,
    expires_at: DateTime<Utc>,
    /// `credit` or `adjustment`: as what it was asked for.
    #[schema(value_type = words::PostKind)]
    operation: &'static str,
    #[schema(value_type = words::UserId)]
    user_id: UserId,
    #[serde(rename = "type")]
    #[schema(value_type = words::Direction)]
    direction: &'static str,
    #[schema(value_type = words::Amount)]
    amount: JsonMoney,
    #[schema(value_type = words::Currency)]
    currency: Currency,
    /// The asker's; the customer reads it once the money has moved.
    reason: String,
    #[schema(value_type = things::Actor)]
    asked_by: Actor,
    asked_at: DateTime<Utc>,
    #[schema(value_type = Option<things::Actor>, required)]
    decided_by: Option<Actor>,
    #[schema(required)]
    decision_reason: Option<String>,
    #[schema(required)]
    decided_at: Option<DateTime<Utc>>,
    /// The transaction, once the money has moved.
    #[schema(value_type = Option<words::Id>, required)]
    transaction_id: Option<TransferId>,
}

impl From<Approval> for ApprovalRecord {
    fn from(approval: Approval) -> Self {
        let is_posted = approval.state == ApprovalState::Approved;
        let ApprovalMark { id, status, expires_at } = ApprovalMark::of(&approval);
        let Approval { user, kind, direction, amount, reason, asked_by, asked_at, decision, .. } = approval;
        let (decided_by, decision_reason, decided_at) = match decision {
            Some(decision) => (Some(decision.by), Some(decision.reason), Some(decision.at)),
            None => (None, None, None),
        };
        Self {
            id,
            status,
            expires_at,
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
#[derive(Debug, Serialize, ToSchema)]
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
#[derive(Debug, Serialize, ToSchema)]
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
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApprovalListAnswer {
    success: Success,
    approvals: Vec<ApprovalRecord>,
    #[schema(value_type = Option<words::Id>, required)]
    next_cursor: Option<ApprovalId>,
}

impl From<ApprovalPage> for ApprovalListAnswer {
    fn from(page: ApprovalPage) -> Self {
        let approvals = page.approvals.into_iter().map(ApprovalRecord::from).collect();
        Self { success: Success, approvals, next_cursor: page.next }
    }
}

//! Credits and corrections that another operator must approve: which there are, and the second operator's decision.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use trunkline_domain::{ApprovalId, MoneyError, Reason, UserId};
use trunkline_tenancy::{Action, Scope};
use trunkline_wallet::{Approval, ApprovalFilter, ApprovalState, DecideApprovalCommand};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Caller;
use crate::answer::operator::{ApprovalAnswer, ApprovalListAnswer, ApprovedAnswer};
use crate::description::refusals::{OfApproval, OfApprovalGiven, OfApprovalRefused, OfReading};
use crate::description::{asked, words};
use crate::extract::{Fields, Input, JsonBody, PathId, Query};
use crate::problem::{ErrorCode, Problem};
use crate::routes::{Api, Page};
use crate::{ApiState, HttpSettings};

pub(super) fn routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(approve))
        .routes(routes!(reject))
}

/// Which approvals.
#[derive(Debug)]
pub(crate) struct ApprovalQuery {
    page: Page<ApprovalId>,
    state: Option<ApprovalState>,
}

impl Input for ApprovalQuery {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        let state = fields.read("status", |name| {
            ApprovalState::from_name(name).ok_or("is one of waiting, approved, rejected, expired")
        });
        Some(Self { page: Page::read(fields), state })
    }
}

/// Why.
#[derive(Debug)]
pub(crate) struct Decision {
    reason: Reason,
}

impl Input for Decision {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        Some(Self { reason: fields.required("reason")? })
    }
}

/// List approvals
///
/// Credits and corrections above the sum that one operator may move, those that were asked for last first.
#[utoipa::path(
    get,
    path = "/api/operator/approvals",
    operation_id = "listApprovals",
    tag = "operator",
    params(asked::ForUser, asked::Page, asked::ApprovalQuery),
    responses(
        (status = 200, description = "A page of approvals.", body = ApprovalListAnswer),
        OfReading,
    ),
)]
async fn list(
    State(api): Api,
    caller: Caller,
    Query(query): Query<ApprovalQuery>,
) -> Result<Json<ApprovalListAnswer>, Problem> {
    let ApprovalQuery { page, state } = query;
    let user = whose(&api, &caller, page.user.as_ref()).await?;
    let filter = ApprovalFilter { user, state, after: page.after, limit: page.limit };
    Ok(Json(api.wallets.approvals(&filter).await?.into()))
}

/// Show an approval
#[utoipa::path(
    get,
    path = "/api/operator/approvals/{id}",
    operation_id = "showApproval",
    tag = "operator",
    params(asked::ForUser, ("id" = words::Id, Path, description = "The approval.")),
    responses(
        (status = 200, description = "The approval.", body = ApprovalAnswer),
        OfApproval,
    ),
)]
async fn show(
    State(api): Api,
    caller: Caller,
    PathId(id): PathId<ApprovalId>,
) -> Result<Json<ApprovalAnswer>, Problem> {
    Ok(Json(find(&api, &caller, id).await?.into()))
}

/// Approve a credit or correction
///
/// By another operator than the one who asked for it. Moves the money, once however often it is sent.
#[utoipa::path(
    post,
    path = "/api/operator/approvals/{id}/approve",
    operation_id = "approve",
    tag = "operator",
    params(asked::ForUser, ("id" = words::Id, Path, description = "The approval.")),
    request_body = asked::ReasonOnly,
    responses(
        (status = 200, description = "The money has moved.", body = ApprovedAnswer),
        OfApprovalGiven,
    ),
)]
async fn approve(
    State(api): Api,
    caller: Caller,
    PathId(id): PathId<ApprovalId>,
    JsonBody(Decision { reason }): JsonBody<Decision>,
) -> Result<Json<ApprovedAnswer>, Problem> {
    find(&api, &caller, id).await?;
    let origin = caller.operator_origin()?;
    let approved = api.wallets.approve(DecideApprovalCommand { approval: id, reason, origin }).await?;
    ApprovedAnswer::new(approved).map(Json).map_err(unreckonable)
}

/// Reject a credit or correction
///
/// By any operator, whoever asked for it too. No money moves.
#[utoipa::path(
    post,
    path = "/api/operator/approvals/{id}/reject",
    operation_id = "reject",
    tag = "operator",
    params(asked::ForUser, ("id" = words::Id, Path, description = "The approval.")),
    request_body = asked::ReasonOnly,
    responses(
        (status = 200, description = "The approval is rejected.", body = ApprovalAnswer),
        OfApprovalRefused,
    ),
)]
async fn reject(
    State(api): Api,
    caller: Caller,
    PathId(id): PathId<ApprovalId>,
    JsonBody(Decision { reason }): JsonBody<Decision>,
) -> Result<Json<ApprovalAnswer>, Problem> {
    find(&api, &caller, id).await?;
    let origin = caller.operator_origin()?;
    let approval = api.wallets.reject(DecideApprovalCommand { approval: id, reason, origin }).await?;
    Ok(Json(approval.into()))
}

/// The user to whose things an operator narrows the request, if they do.
async fn whose(api: &ApiState, caller: &Caller, stated: Option<&UserId>) -> Result<Option<UserId>, Problem> {
    Ok(match caller.scope(&api.tenancy, Action::Operate, stated).await? {
        Scope::User(user) => Some(user),
        Scope::Everyone => None,
    })
}

/// An approval, if the caller is an operator and it is within what they name.
async fn find(api: &ApiState, caller: &Caller, id: ApprovalId) -> Result<Approval, Problem> {
    let user = whose(api, caller, None).await?;
    let approval = api.wallets.approval(id).await?;
    let approval = approval.filter(|approval| user.is_none_or(|user| user == approval.user));
    approval.ok_or_else(|| Problem::absent(ErrorCode::ApprovalNotFound))
}

/// A balance that the ledger's rules forbid.
fn unreckonable(error: MoneyError) -> Problem {
    Problem::internal().because(error)
}

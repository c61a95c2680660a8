//! Credits and corrections that another operator must approve: which there are, and the second operator's decision.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use trunkline_domain::{ApprovalId, MoneyError, Reason};
use trunkline_wallet::{ApprovalFilter, ApprovalState, DecideApprovalCommand};

use super::{deciding, operator};
use crate::access::Caller;
use crate::answer::operator::{ApprovalAnswer, ApprovalListAnswer, ApprovedAnswer};
use crate::extract::{Fields, Input, JsonBody, PathId, Query};
use crate::problem::{ErrorCode, Problem};
use crate::routes::{Api, Page};
use crate::{ApiState, HttpSettings};

pub(super) fn routes() -> Router<Arc<ApiState>> {
    Router::new()
        .route("/api/operator/approvals", get(list))
        .route("/api/operator/approvals/{id}", get(show))
        .route("/api/operator/approvals/{id}/approve", post(approve))
        .route("/api/operator/approvals/{id}/reject", post(reject))
}

/// Which approvals.
#[derive(Debug)]
pub(crate) struct ApprovalQuery {
    state: Option<ApprovalState>,
    after: Option<ApprovalId>,
    limit: u16,
}

impl Input for ApprovalQuery {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        let state = fields.read("status", |name| {
            ApprovalState::from_name(name).ok_or("is one of waiting, approved, rejected, expired")
        });
        let Page { after, limit, .. } = Page::read(fields);
        Some(Self { state, after, limit })
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

/// `GET /api/operator/approvals`, those that were asked for last first.
async fn list(
    State(api): Api,
    caller: Caller,
    Query(query): Query<ApprovalQuery>,
) -> Result<Json<ApprovalListAnswer>, Problem> {
    operator(&api, &caller, None).await?;
    let ApprovalQuery { state, after, limit } = query;
    Ok(Json(api.wallets.approvals(&ApprovalFilter { state, after, limit }).await?.into()))
}

/// `GET /api/operator/approvals/{id}`.
async fn show(
    State(api): Api,
    caller: Caller,
    PathId(id): PathId<ApprovalId>,
) -> Result<Json<ApprovalAnswer>, Problem> {
    operator(&api, &caller, None).await?;
    let approval = api.wallets.approval(id).await?;
    let approval = approval.ok_or_else(|| Problem::absent(ErrorCode::ApprovalNotFound))?;
    Ok(Json(approval.into()))
}

/// `POST /api/operator/approvals/{id}/approve`: moves the money, once however often it is sent.
async fn approve(
    State(api): Api,
    caller: Caller,
    PathId(id): PathId<ApprovalId>,
    JsonBody(Decision { reason }): JsonBody<Decision>,
) -> Result<Json<ApprovedAnswer>, Problem> {
    let origin = deciding(&api, &caller).await?;
    let approved = api.wallets.approve(DecideApprovalCommand { approval: id, reason, origin }).await?;
    ApprovedAnswer::new(approved).map(Json).map_err(unreckonable)
}

/// `POST /api/operator/approvals/{id}/reject`.
async fn reject(
    State(api): Api,
    caller: Caller,
    PathId(id): PathId<ApprovalId>,
    JsonBody(Decision { reason }): JsonBody<Decision>,
) -> Result<Json<ApprovalAnswer>, Problem> {
    let origin = deciding(&api, &caller).await?;
    let approval = api.wallets.reject(DecideApprovalCommand { approval: id, reason, origin }).await?;
    Ok(Json(approval.into()))
}

/// A balance that the ledger's rules forbid.
fn unreckonable(error: MoneyError) -> Problem {
    Problem::internal().because(error)
}

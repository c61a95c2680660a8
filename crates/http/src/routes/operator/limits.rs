//! What limits a user, as an operator sees and sets it.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use trunkline_domain::{Reason, UserId};
use trunkline_provisioning::OwnLimits;
use trunkline_tenancy::Action;

use crate::access::Caller;
use crate::answer::operator::LimitsAnswer;
use crate::extract::{Fields, Input, JsonBody, PathId};
use crate::problem::Problem;
use crate::routes::Api;
use crate::{ApiState, HttpSettings};

pub(super) fn routes() -> Router<Arc<ApiState>> {
    Router::new().route("/api/operator/users/{id}/limits", get(show).put(replace))
}

/// What shall hold for a user alone, whole, and why.
#[derive(Debug)]
pub(crate) struct Replacement {
    own: OwnLimits,
    reason: Reason,
}

impl Input for Replacement {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        let own = fields.shaped("limits");
        let own = fields.require("limits", own);
        let reason = fields.required("reason");
        Some(Self { own: own?, reason: reason? })
    }
}

/// `GET /api/operator/users/{id}/limits`.
async fn show(
    State(api): Api,
    caller: Caller,
    PathId(user): PathId<UserId>,
) -> Result<Json<LimitsAnswer>, Problem> {
    let user = caller.user(&api.tenancy, Action::Operate, Some(&user)).await?;
    let view = api.limits.of(&user).await?;
    Ok(Json(LimitsAnswer::new(user, view)))
}

/// `PUT /api/operator/users/{id}/limits`. What is not sent is as for everybody from now on.
async fn replace(
    State(api): Api,
    caller: Caller,
    PathId(user): PathId<UserId>,
    JsonBody(replacement): JsonBody<Replacement>,
) -> Result<Json<LimitsAnswer>, Problem> {
    let user = caller.user(&api.tenancy, Action::Operate, Some(&user)).await?;
    let Replacement { own, reason } = replacement;
    let origin = caller.origin(&user);
    api.limits.change(&user, &reason, &origin, |_| own.clone()).await?;
    let view = api.limits.of(&user).await?;
    Ok(Json(LimitsAnswer::new(user, view)))
}

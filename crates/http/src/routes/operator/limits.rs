//! What limits a user, as an operator sees and sets it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use trunkline_domain::{Reason, UserId};
use trunkline_provisioning::OwnLimits;
use trunkline_tenancy::Action;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Caller;
use crate::answer::operator::LimitsAnswer;
use crate::description::refusals::{OfBody, OfReading};
use crate::description::{asked, words};
use crate::extract::{Fields, Input, JsonBody, PathId};
use crate::problem::Problem;
use crate::routes::Api;
use crate::{ApiState, HttpSettings};

pub(super) fn routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new().routes(routes!(show, replace))
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

/// Show a user's limits
///
/// What holds for them, where it comes from, and what they have.
#[utoipa::path(
    get,
    path = "/api/operator/users/{id}/limits",
    operation_id = "showLimits",
    tag = "operator",
    params(asked::ForUser, ("id" = words::UserId, Path, description = "The user.")),
    responses(
        (status = 200, description = "The limits.", body = LimitsAnswer),
        OfReading,
    ),
)]
async fn show(
    State(api): Api,
    caller: Caller,
    PathId(user): PathId<UserId>,
) -> Result<Json<LimitsAnswer>, Problem> {
    let user = caller.user(&api.tenancy, Action::Operate, Some(&user)).await?;
    let view = api.limits.of(&user).await?;
    Ok(Json(LimitsAnswer::new(user, view)))
}

/// Replace a user's limits
///
/// What is not sent is as for everybody from now on.
#[utoipa::path(
    put,
    path = "/api/operator/users/{id}/limits",
    operation_id = "replaceLimits",
    tag = "operator",
    params(asked::ForUser, ("id" = words::UserId, Path, description = "The user.")),
    request_body = asked::LimitsSent,
    responses(
        (status = 200, description = "The limits as they are now.", body = LimitsAnswer),
        OfBody,
    ),
)]
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

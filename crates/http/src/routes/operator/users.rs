//! Who the customers are.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use trunkline_domain::UserId;
use trunkline_tenancy::{UserFilter, UserSearch};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::operator;
use crate::access::Caller;
use crate::answer::{UserAnswer, UserListAnswer};
use crate::description::refusals::OfReading;
use crate::description::{asked, words};
use crate::extract::{Fields, Input, PathId, Query};
use crate::problem::{ErrorCode, Problem};
use crate::routes::{Api, PAGE_MAX};
use crate::{ApiState, HttpSettings};

pub(super) fn routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

/// Which users.
#[derive(Debug)]
pub(crate) struct UserQuery {
    search: Option<UserSearch>,
    after: Option<UserId>,
    limit: u16,
}

impl Input for UserQuery {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        let limit = fields.whole("limit", 1..=PAGE_MAX).unwrap_or(PAGE_MAX);
        Some(Self { search: fields.optional("search"), after: fields.optional("cursor"), limit })
    }
}

/// List users
#[utoipa::path(
    get,
    path = "/api/operator/users",
    operation_id = "listUsers",
    tag = "operator",
    params(asked::ForUser, asked::UserQuery),
    responses(
        (status = 200, description = "A page of users, by id.", body = UserListAnswer),
        OfReading,
    ),
)]
async fn list(
    State(api): Api,
    caller: Caller,
    Query(query): Query<UserQuery>,
) -> Result<Json<UserListAnswer>, Problem> {
    operator(&api, &caller, None).await?;
    let UserQuery { search, after, limit } = query;
    let page = api.tenancy.users(&UserFilter { search, after, limit }).await?;
    Ok(Json(page.into()))
}

/// Show a user
#[utoipa::path(
    get,
    path = "/api/operator/users/{id}",
    operation_id = "showUser",
    tag = "operator",
    params(asked::ForUser, ("id" = words::UserId, Path, description = "The user.")),
    responses(
        (status = 200, description = "The user.", body = UserAnswer),
        OfReading,
    ),
)]
async fn show(
    State(api): Api,
    caller: Caller,
    PathId(id): PathId<UserId>,
) -> Result<Json<UserAnswer>, Problem> {
    operator(&api, &caller, None).await?;
    let user = api.tenancy.user(&id).await?.ok_or_else(|| Problem::absent(ErrorCode::UserNotFound))?;
    Ok(Json(user.into()))
}

//! API keys of users. Those of services and operators are made on the server's machine; an operator lists and revokes
//! them here, and rotates those that can do no more than the operator's own key.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use trunkline_domain::{ApiKeyId, UserId};
use trunkline_tenancy::{
    Action, KeyFilter, KeyHolder, KeyScope, KeyScopes, MakeKeyCommand, RevokeKeyCommand, RotateKeyCommand,
};

use super::{Api, Page, moment};
use crate::HttpSettings;
use crate::access::Caller;
use crate::answer::{Done, IssuedKeyAnswer, KeyListAnswer, made};
use crate::description::refusals::{OfKey, OfMakingKey, OfReading, OfRotation};
use crate::description::{asked, words};
use crate::extract::{Fields, Input, JsonBody, PathId, Query};
use crate::problem::Problem;

/// How long an old key stays open where nobody says.
const OVERLAP: u16 = 24 * 60;
/// The longest overlap, in minutes: tenancy's own.
const OVERLAP_MAX: u16 = 30 * 24 * 60;

/// A key to be made.
#[derive(Debug)]
pub(crate) struct NewKey {
    user: Option<UserId>,
    name: Option<String>,
    scopes: Option<KeyScopes>,
    expires_at: Option<DateTime<Utc>>,
}

impl Input for NewKey {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        let user = fields.optional("userId");
        let name = fields.optional("name");
        let scopes = fields.list::<KeyScope>("scopes").map(|scopes| scopes.into_iter().collect());
        Some(Self { user, name, scopes, expires_at: moment(fields, "expiresAt") })
    }
}

/// How a key is to be rotated.
#[derive(Debug)]
pub(crate) struct Rotation {
    overlap: TimeDelta,
    expires_at: Option<DateTime<Utc>>,
}

impl Input for Rotation {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        let overlap = fields.whole("overlapMinutes", 0..=OVERLAP_MAX).unwrap_or(OVERLAP);
        let overlap = TimeDelta::minutes(i64::from(overlap));
        Some(Self { overlap, expires_at: moment(fields, "expiresAt") })
    }
}

impl Input for Page<ApiKeyId> {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        Some(Self::read(fields))
    }
}

/// List API keys
///
/// Ended ones included, never a secret.
#[utoipa::path(
    get,
    path = "/api/keys",
    operation_id = "listKeys",
    tag = "callers",
    params(asked::ForUser, asked::Page),
    responses(
        (status = 200, description = "A page of keys, newest first.", body = KeyListAnswer),
        OfReading,
    ),
)]
pub(crate) async fn list(
    State(api): Api,
    caller: Caller,
    Query(page): Query<Page<ApiKeyId>>,
) -> Result<Json<KeyListAnswer>, Problem> {
    let scope = caller.scope(&api.tenancy, Action::ReadKeys, page.user.as_ref()).await?;
    let filter = KeyFilter { scope, after: page.after, limit: page.limit };
    let page = api.tenancy.keys(&filter).await?;
    Ok(Json(KeyListAnswer::of(page, |key| api.tenancy.state_of(key))))
}

/// Make an API key for a user
///
/// The secret is in this answer and in no other. No key makes one that may do more, or lasts longer, than itself.
#[utoipa::path(
    post,
    path = "/api/keys",
    operation_id = "makeKey",
    tag = "callers",
    params(asked::ForUser),
    request_body = asked::NewKey,
    responses(
        (status = 201, description = "The key is made.", body = IssuedKeyAnswer),
        OfMakingKey,
    ),
)]
pub(crate) async fn make(
    State(api): Api,
    caller: Caller,
    JsonBody(key): JsonBody<NewKey>,
) -> Result<Response, Problem> {
    let NewKey { user, name, scopes, expires_at } = key;
    let user = caller.user(&api.tenancy, Action::ManageKeys, user.as_ref()).await?;
    let (origin, limits) = (caller.origin(&user), caller.key_limits());
    let holder = KeyHolder::User { user };
    let command = MakeKeyCommand { holder, name, scopes, expires_at, limits, origin };
    Ok(made(IssuedKeyAnswer::from(api.tenancy.make_key(command).await?), false))
}

/// Rotate an API key
///
/// Makes a key with a new secret that may do the same; the old one ends after an overlap.
#[utoipa::path(
    post,
    path = "/api/keys/{id}/rotate",
    operation_id = "rotateKey",
    tag = "callers",
    params(asked::ForUser, ("id" = words::Id, Path, description = "The key.")),
    request_body = asked::Rotation,
    responses(
        (status = 201, description = "The new key, and when the old one ends.", body = IssuedKeyAnswer),
        OfRotation,
    ),
)]
pub(crate) async fn rotate(
    State(api): Api,
    caller: Caller,
    PathId(key): PathId<ApiKeyId>,
    JsonBody(rotation): JsonBody<Rotation>,
) -> Result<Response, Problem> {
    let reach = caller.scope(&api.tenancy, Action::ManageKeys, None).await?;
    let (origin, limits) = (caller.origin_within(&reach)?, caller.key_limits());
    let Rotation { overlap, expires_at } = rotation;
    let command = RotateKeyCommand { key, reach, overlap, expires_at, limits, origin };
    Ok(made(IssuedKeyAnswer::from(api.tenancy.rotate_key(command).await?), false))
}

/// Revoke an API key
///
/// It opens nothing from now on, anywhere. May be repeated.
#[utoipa::path(
    delete,
    path = "/api/keys/{id}",
    operation_id = "revokeKey",
    tag = "callers",
    params(asked::ForUser, ("id" = words::Id, Path, description = "The key.")),
    responses(
        (status = 200, description = "The key opens nothing any more.", body = Done),
        OfKey,
    ),
)]
pub(crate) async fn revoke(
    State(api): Api,
    caller: Caller,
    PathId(key): PathId<ApiKeyId>,
) -> Result<Json<Done>, Problem> {
    let reach = caller.scope(&api.tenancy, Action::ManageKeys, None).await?;
    let origin = caller.origin_within(&reach)?;
    api.tenancy.revoke_key(RevokeKeyCommand { key, reach, origin }).await?;
    Ok(Json(Done::default()))
}

//! Businesses.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use trunkline_domain::{BusinessId, UserId};
use trunkline_tenancy::{
    Action, AddBusinessCommand, BusinessFilter, BusinessName, ChangeBusinessCommand, DeleteBusinessCommand,
    Reach, TimeZone,
};

use super::{Api, Page, place_of_business};
use crate::access::Caller;
use crate::answer::{BusinessAnswer, BusinessListAnswer, Done, made};
use crate::description::refusals::{OfBody, OfBusiness, OfBusinessChange, OfBusinessEnd, OfReading};
use crate::description::{asked, words};
use crate::extract::{Fields, Input, JsonBody, Patch, PathId, Query};
use crate::problem::{ErrorCode, Problem};
use crate::{ApiState, HttpSettings};

/// A business to be added.
#[derive(Debug)]
pub(crate) struct NewBusiness {
    id: Option<BusinessId>,
    user: Option<UserId>,
    name: BusinessName,
    time_zone: Option<TimeZone>,
}

impl Input for NewBusiness {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        let id = fields.optional("id");
        let user = fields.optional("userId");
        let name = fields.required("name");
        let time_zone = fields.optional("timeZone");
        Some(Self { id, user, name: name?, time_zone })
    }
}

/// What shall be different about a business.
#[derive(Debug)]
pub(crate) struct BusinessChange {
    name: Option<BusinessName>,
    time_zone: Patch<TimeZone>,
}

impl Input for BusinessChange {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        Some(Self { name: fields.optional("name"), time_zone: fields.nullable("timeZone") })
    }
}

impl Input for Page<BusinessId> {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        Some(Self::read(fields))
    }
}

/// Add a business
///
/// With an `id` of your own the request may be repeated.
#[utoipa::path(
    post,
    path = "/api/businesses",
    operation_id = "addBusiness",
    tag = "callers",
    params(asked::ForUser),
    request_body = asked::NewBusiness,
    responses(
        (status = 201, description = "The business is added.", body = BusinessAnswer),
        (status = 200, description = "The business was there before.", body = BusinessAnswer),
        OfBody,
    ),
)]
pub(crate) async fn add(
    State(api): Api,
    caller: Caller,
    JsonBody(business): JsonBody<NewBusiness>,
) -> Result<Response, Problem> {
    let owner = caller.user(&api.tenancy, Action::Manage, business.user.as_ref()).await?;
    let origin = caller.origin(&owner);
    let NewBusiness { id, name, time_zone, .. } = business;
    let command = AddBusinessCommand { id, owner, name, time_zone, origin };
    let added = api.tenancy.add_business(command).await?;
    Ok(made(BusinessAnswer::from(added.value), added.repeated))
}

/// List businesses
#[utoipa::path(
    get,
    path = "/api/businesses",
    operation_id = "listBusinesses",
    tag = "callers",
    params(asked::ForUser, asked::Page),
    responses(
        (status = 200, description = "A page of businesses.", body = BusinessListAnswer),
        OfReading,
    ),
)]
pub(crate) async fn list(
    State(api): Api,
    caller: Caller,
    Query(page): Query<Page<BusinessId>>,
) -> Result<Json<BusinessListAnswer>, Problem> {
    let reach = caller.reach(&api.tenancy, Action::Read, page.user.as_ref()).await?;
    let (scope, only) = (reach.scope(), reach.within());
    let filter = BusinessFilter { scope, only, after: page.after, limit: page.limit };
    Ok(Json(api.tenancy.businesses(&filter).await?.into()))
}

/// Show a business
#[utoipa::path(
    get,
    path = "/api/businesses/{id}",
    operation_id = "showBusiness",
    tag = "callers",
    params(asked::ForUser, ("id" = words::Id, Path, description = "The business.")),
    responses(
        (status = 200, description = "The business.", body = BusinessAnswer),
        OfBusiness,
    ),
)]
pub(crate) async fn show(
    State(api): Api,
    caller: Caller,
    PathId(id): PathId<BusinessId>,
) -> Result<Json<BusinessAnswer>, Problem> {
    let reach = reach_of(&api, &caller, Action::Read, id).await?;
    let business = api.tenancy.business(&reach.scope(), id).await?;
    let business = business.ok_or_else(|| Problem::absent(ErrorCode::BusinessNotFound))?;
    Ok(Json(BusinessAnswer::seen_as(business, reach.role_in(id))))
}

/// How far a caller reaches who aims at a business.
pub(super) async fn reach_of(
    api: &ApiState,
    caller: &Caller,
    action: Action,
    business: BusinessId,
) -> Result<Reach, Problem> {
    let place = place_of_business(api, business);
    let reach = caller.reach_of(&api.tenancy, action, None, place).await?;
    reach.ok_or_else(|| Problem::absent(ErrorCode::BusinessNotFound))
}

/// Change a business
#[utoipa::path(
    patch,
    path = "/api/businesses/{id}",
    operation_id = "changeBusiness",
    tag = "callers",
    params(asked::ForUser, ("id" = words::Id, Path, description = "The business.")),
    request_body = asked::BusinessChange,
    responses(
        (status = 200, description = "The business as it is now.", body = BusinessAnswer),
        OfBusinessChange,
    ),
)]
pub(crate) async fn change(
    State(api): Api,
    caller: Caller,
    PathId(business): PathId<BusinessId>,
    JsonBody(change): JsonBody<BusinessChange>,
) -> Result<Json<BusinessAnswer>, Problem> {
    let reach = reach_of(&api, &caller, Action::Manage, business).await?;
    let (owner, origin) = (reach.owner()?.clone(), caller.origin_reaching(&reach)?);
    let (name, time_zone) = (change.name, change.time_zone.into());
    let command = ChangeBusinessCommand { business, owner, name, time_zone, origin };
    Ok(Json(api.tenancy.change_business(command).await?.into()))
}

/// Delete a business
///
/// Refused while it has live numbers or open orders.
#[utoipa::path(
    delete,
    path = "/api/businesses/{id}",
    operation_id = "deleteBusiness",
    tag = "callers",
    params(asked::ForUser, ("id" = words::Id, Path, description = "The business.")),
    responses(
        (status = 200, description = "The business is deleted.", body = Done),
        OfBusinessEnd,
    ),
)]
pub(crate) async fn delete(
    State(api): Api,
    caller: Caller,
    PathId(business): PathId<BusinessId>,
) -> Result<Json<Done>, Problem> {
    let reach = reach_of(&api, &caller, Action::Manage, business).await?;
    let (owner, origin) = (reach.owner()?.clone(), caller.origin_reaching(&reach)?);
    api.tenancy.delete_business(DeleteBusinessCommand { business, owner, origin }).await?;
    Ok(Json(Done::default()))
}

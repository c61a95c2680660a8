//! Members of businesses.

use std::future::ready;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use trunkline_domain::BusinessId;
use trunkline_tenancy::{Action, MemberRole, MembershipFilter, Place, PutMemberCommand, RemoveMemberCommand};

use super::businesses::reach_of;
use super::{Api, Page};
use crate::HttpSettings;
use crate::access::Caller;
use crate::answer::{Done, MemberAnswer, MemberListAnswer, MembershipListAnswer, made};
use crate::description::refusals::{OfMember, OfMemberChange, OfMembers, OfReading};
use crate::description::{asked, words};
use crate::extract::{Fields, Input, JsonBody, MemberId, NewMemberId, PathId, PathIds, Query};
use crate::problem::{ErrorCode, Problem};

/// As what somebody shall be a member.
#[derive(Debug)]
pub(crate) struct Standing {
    role: MemberRole,
}

impl Input for Standing {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        Some(Self { role: fields.required("role")? })
    }
}

/// List the members of a business
///
/// For its owner, who comes first, and for every member.
#[utoipa::path(
    get,
    path = "/api/businesses/{id}/members",
    operation_id = "listMembers",
    tag = "callers",
    params(asked::ForUser, ("id" = words::Id, Path, description = "The business.")),
    responses(
        (status = 200, description = "Everybody who works with the business.", body = MemberListAnswer),
        OfMembers,
    ),
)]
pub(crate) async fn list(
    State(api): Api,
    caller: Caller,
    PathId(business): PathId<BusinessId>,
) -> Result<Json<MemberListAnswer>, Problem> {
    let absent = || Problem::absent(ErrorCode::BusinessNotFound);
    let reach = reach_of(&api, &caller, Action::Read, business).await?;
    let owner = match reach.owner() {
        Ok(owner) => owner.clone(),
        // An operator who names nobody: whoever owns it.
        Err(_) => api.tenancy.owner_of(business).await?.ok_or_else(absent)?,
    };
    let team = api.tenancy.team(&owner, business).await?;
    Ok(Json(team.ok_or_else(absent)?.into()))
}

/// Add a member, or change their role
///
/// By the owner. A `manager` sees, buys, changes and releases the business's numbers, and the owner's wallet pays; a `viewer`
/// sees them. Whoever is named need not be known here yet. May be repeated.
#[utoipa::path(
    put,
    path = "/api/businesses/{id}/members/{userId}",
    operation_id = "putMember",
    tag = "callers",
    params(
        asked::ForUser,
        ("id" = words::Id, Path, description = "The business."),
        ("userId" = words::UserId, Path, description = "Who."),
    ),
    request_body = asked::StandingSent,
    responses(
        (status = 201, description = "They are a member now.", body = MemberAnswer),
        (status = 200, description = "They were a member before, and have this role now.", body = MemberAnswer),
        OfMemberChange,
    ),
)]
pub(crate) async fn put(
    State(api): Api,
    caller: Caller,
    PathIds(business, member): PathIds<BusinessId, NewMemberId>,
    JsonBody(Standing { role }): JsonBody<Standing>,
) -> Result<Response, Problem> {
    let reach = reach_of(&api, &caller, Action::Manage, business).await?;
    let (owner, origin) = (reach.owner()?.clone(), caller.origin_reaching(&reach)?);
    let member = member.user()?;
    let put = api.tenancy.put_member(PutMemberCommand { business, owner, member, role, origin }).await?;
    Ok(made(MemberAnswer::from(put.value), put.repeated))
}

/// Remove a member
///
/// By the owner, or by the member, who leaves. They lose the business's numbers at once.
#[utoipa::path(
    delete,
    path = "/api/businesses/{id}/members/{userId}",
    operation_id = "removeMember",
    tag = "callers",
    params(
        asked::ForUser,
        ("id" = words::Id, Path, description = "The business."),
        ("userId" = words::UserId, Path, description = "Who."),
    ),
    responses(
        (status = 200, description = "They are a member no more.", body = Done),
        OfMember,
    ),
)]
pub(crate) async fn remove(
    State(api): Api,
    caller: Caller,
    PathIds(business, MemberId(member)): PathIds<BusinessId, MemberId>,
) -> Result<Json<Done>, Problem> {
    let owner = api.tenancy.owner_of(business).await?;
    let leaves = caller.acts_for(&member) && owner.as_ref() != Some(&member);
    let action = if leaves { Action::Leave } else { Action::Manage };
    let place = ready(Ok(owner.map(|owner| Place { owner, business: Some(business) })));
    let reach = caller.reach_of(&api.tenancy, action, None, place).await?;
    let reach = reach.ok_or_else(|| Problem::absent(ErrorCode::BusinessNotFound))?;
    let (owner, origin) = (reach.owner()?.clone(), caller.origin_reaching(&reach)?);
    api.tenancy.remove_member(RemoveMemberCommand { business, owner, member, origin }).await?;
    Ok(Json(Done::default()))
}

/// List memberships
///
/// The businesses of others in which the caller is a member.
#[utoipa::path(
    get,
    path = "/api/memberships",
    operation_id = "listMemberships",
    tag = "callers",
    params(asked::ForUser, asked::OwnPage),
    responses(
        (status = 200, description = "A page of memberships.", body = MembershipListAnswer),
        OfReading,
    ),
)]
pub(crate) async fn memberships(
    State(api): Api,
    caller: Caller,
    Query(page): Query<Page<BusinessId>>,
) -> Result<Json<MembershipListAnswer>, Problem> {
    let member = caller.user(&api.tenancy, Action::Read, page.user.as_ref()).await?;
    let filter = MembershipFilter { member, after: page.after, limit: page.limit };
    Ok(Json(api.tenancy.memberships(&filter).await?.into()))
}

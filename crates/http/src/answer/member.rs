//! Members of a business, and where somebody is one.

use chrono::{DateTime, Utc};
use serde::Serialize;
use trunkline_domain::{BusinessId, UserId};
use trunkline_tenancy::{BusinessName, Member, MemberRole, Membership, MembershipPage, Role, Team};
use utoipa::ToSchema;

use super::Success;
use crate::description::words;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Member)]
struct MemberRecord {
    #[schema(value_type = words::UserId)]
    user_id: UserId,
    #[schema(value_type = words::Role)]
    role: Role,
    /// When they became a member; of the owner, when the business was added.
    added_at: DateTime<Utc>,
}

impl From<Member> for MemberRecord {
    fn from(member: Member) -> Self {
        Self { user_id: member.user, role: member.role.into(), added_at: member.added_at }
    }
}

/// One member.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberAnswer {
    success: Success,
    member: MemberRecord,
}

impl From<Member> for MemberAnswer {
    fn from(member: Member) -> Self {
        Self { success: Success, member: member.into() }
    }
}

/// Everybody who works with a business: its owner, who has been there since it was added, and its members.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberListAnswer {
    success: Success,
    members: Vec<MemberRecord>,
}

impl From<Team> for MemberListAnswer {
    fn from(team: Team) -> Self {
        let Team { business, members } = team;
        let owner =
            MemberRecord { user_id: business.owner, role: Role::Owner, added_at: business.created_at };
        let members = std::iter::once(owner).chain(members.into_iter().map(MemberRecord::from)).collect();
        Self { success: Success, members }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Membership)]
struct MembershipRecord {
    #[schema(value_type = words::Id)]
    business_id: BusinessId,
    #[schema(value_type = String)]
    business_name: BusinessName,
    #[schema(value_type = words::UserId)]
    owner_id: UserId,
    #[schema(value_type = words::MemberRole)]
    role: MemberRole,
    added_at: DateTime<Utc>,
}

impl From<Membership> for MembershipRecord {
    fn from(membership: Membership) -> Self {
        let Membership { business, name, owner, role, added_at } = membership;
        Self { business_id: business, business_name: name, owner_id: owner, role, added_at }
    }
}

/// A page of memberships.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MembershipListAnswer {
    success: Success,
    memberships: Vec<MembershipRecord>,
    #[schema(value_type = Option<words::Id>, required)]
    next_cursor: Option<BusinessId>,
}

impl From<MembershipPage> for MembershipListAnswer {
    fn from(page: MembershipPage) -> Self {
        let memberships = page.memberships.into_iter().map(MembershipRecord::from).collect();
        Self { success: Success, memberships, next_cursor: page.next }
    }
}

//! What the store is told and asked about members.

use chrono::{DateTime, Utc};
use trunkline_domain::{BusinessId, UserId};

use crate::{Member, MemberRole, Membership};

/// Adds a member, or changes their role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberPutting {
    /// Of which business.
    pub business: BusinessId,
    /// Whose it must be.
    pub owner: UserId,
    /// Who. Whether there is such a user is not asked.
    pub member: UserId,
    /// As what they were seen; `None` for somebody who was no member. What the audit line says holds only then.
    pub before: Option<MemberRole>,
    /// As what they shall be a member.
    pub role: MemberRole,
    /// How many members the business may have, this one included. Nobody is counted who is there already.
    pub at_most: u32,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of adding a member or changing their role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutMemberAnswer {
    /// Done, now or by an earlier repeat of the same change; the member as they are now.
    Put(Member),
    /// They are not what the change has seen.
    Stale,
    /// The business has as many members as it may.
    TooMany,
    /// The owner has no such business.
    NotFound,
}

/// Removes a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRemoval {
    /// Of which business.
    pub business: BusinessId,
    /// Whose it must be.
    pub owner: UserId,
    /// Who.
    pub member: UserId,
    /// As what they were seen.
    pub before: MemberRole,
}

/// What became of removing a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoveMemberAnswer {
    /// Gone, now or by an earlier repeat of the same change.
    Removed,
    /// They are not what the change has seen, or no member any more.
    Stale,
    /// The owner has no such business.
    NotFound,
}

/// Which memberships.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembershipFilter {
    /// Whose.
    pub member: UserId,
    /// From the one after this; a business in which they are no member finds nothing.
    pub after: Option<BusinessId>,
    /// At most so many, 1 to 100.
    pub limit: u16,
}

/// One page of memberships.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembershipPage {
    /// The memberships.
    pub memberships: Vec<Membership>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<BusinessId>,
}

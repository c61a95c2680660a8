//! Members: users who work with the things of somebody else's business.
//!
//! A membership says nothing about who exists: a user id is opaque, and one that nobody has yet may be a member.

use chrono::{DateTime, Utc};
use trunkline_domain::{BusinessId, UserId};

use crate::{Business, BusinessName, MemberRole};

/// A member of a business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// As what.
    pub role: MemberRole,
    /// Since when; a change of role leaves it as it is.
    pub added_at: DateTime<Utc>,
}

/// A business with its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// The business, whose owner is no member.
    pub business: Business,
    /// The members, in the order in which they were added.
    pub members: Vec<Member>,
}

/// A business in which a user is a member, as that user sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Which.
    pub business: BusinessId,
    /// What it is called.
    pub name: BusinessName,
    /// Whose it is.
    pub owner: UserId,
    /// As what they are a member.
    pub role: MemberRole,
    /// Since when.
    pub added_at: DateTime<Utc>,
}

/// What an owner shares with one member: a business, and what they are in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Which business.
    pub business: BusinessId,
    /// As what.
    pub role: MemberRole,
}

/// Where a thing is: what decides who may reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Whose it is.
    pub owner: UserId,
    /// In which business, where it is in one. A business is in itself.
    pub business: Option<BusinessId>,
}

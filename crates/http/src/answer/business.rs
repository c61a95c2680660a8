//! Users and businesses.

use chrono::{DateTime, Utc};
use serde::Serialize;
use trunkline_domain::{BusinessId, UserId};
use trunkline_tenancy::{Business, BusinessName, BusinessPage, Email, Role, TimeZone, User, UserPage};
use utoipa::ToSchema;

use super::Success;
use crate::description::words;

/// A user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserAnswer {
    success: Success,
    user: UserRecord,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
struct UserRecord {
    #[schema(value_type = words::UserId)]
    id: UserId,
    #[schema(value_type = Option<String>, required)]
    email: Option<Email>,
    created_at: DateTime<Utc>,
}

impl From<User> for UserRecord {
    fn from(User { id, email, created_at }: User) -> Self {
        Self { id, email, created_at }
    }
}

impl From<User> for UserAnswer {
    fn from(user: User) -> Self {
        Self { success: Success, user: user.into() }
    }
}

/// A page of users, by id.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserListAnswer {
    success: Success,
    users: Vec<UserRecord>,
    #[schema(value_type = Option<words::UserId>, required)]
    next_cursor: Option<UserId>,
}

impl From<UserPage> for UserListAnswer {
    fn from(UserPage { users, next }: UserPage) -> Self {
        let users = users.into_iter().map(UserRecord::from).collect();
        Self { success: Success, users, next_cursor: next }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Business)]
struct BusinessRecord {
    #[schema(value_type = words::Id)]
    id: BusinessId,
    #[schema(value_type = words::UserId)]
    user_id: UserId,
    #[schema(value_type = String)]
    name: BusinessName,
    #[schema(value_type = Option<String>, required)]
    time_zone: Option<TimeZone>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    /// What the caller is in it, where one business is asked for and they are something in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::Role>)]
    role: Option<Role>,
}

impl From<Business> for BusinessRecord {
    fn from(business: Business) -> Self {
        let Business { id, owner, name, time_zone, created_at, updated_at } = business;
        Self { id, user_id: owner, name, time_zone, created_at, updated_at, role: None }
    }
}

/// One business.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BusinessAnswer {
    success: Success,
    business: BusinessRecord,
}

impl From<Business> for BusinessAnswer {
    fn from(business: Business) -> Self {
        Self { success: Success, business: business.into() }
    }
}

impl BusinessAnswer {
    /// A business, with what the caller is in it.
    pub(crate) fn seen_as(business: Business, role: Option<Role>) -> Self {
        Self { success: Success, business: BusinessRecord { role, ..business.into() } }
    }
}

/// A page of businesses.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BusinessListAnswer {
    success: Success,
    businesses: Vec<BusinessRecord>,
    #[schema(value_type = Option<words::Id>, required)]
    next_cursor: Option<BusinessId>,
}

impl From<BusinessPage> for BusinessListAnswer {
    fn from(page: BusinessPage) -> Self {
        let businesses = page.businesses.into_iter().map(BusinessRecord::from).collect();
        Self { success: Success, businesses, next_cursor: page.next }
    }
}

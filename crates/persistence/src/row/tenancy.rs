//! Users, businesses, their members, and API keys.

use sqlx::FromRow;
use trunkline_domain::{ApiKeyId, BusinessId};
use trunkline_tenancy::{
    ApiKey, Business, KeyHolder, KeyPage, Member, Membership, MembershipPage, Share, User,
};

use crate::cell::{Id, Moment};
use crate::codec::{parse, parse_optional};
use crate::error::Fault;
use crate::row::page::cut_page;

/// A user.
#[derive(Debug, FromRow)]
pub(crate) struct UserRow {
    id: String,
    email: Option<String>,
    created_at: Moment,
}

impl UserRow {
    pub(crate) fn user(&self) -> Result<User, Fault> {
        Ok(User {
            id: parse("users.id", &self.id)?,
            email: parse_optional("users.email", self.email.as_deref())?,
            created_at: self.created_at.time(),
        })
    }
}

/// A business.
#[derive(Debug, FromRow)]
pub(crate) struct BusinessRow {
    pub(crate) id: Id,
    pub(crate) user_id: String,
    pub(crate) name: String,
    pub(crate) time_zone: Option<String>,
    pub(crate) created_at: Moment,
    pub(crate) updated_at: Moment,
}

impl BusinessRow {
    pub(crate) fn business(&self) -> Result<Business, Fault> {
        Ok(Business {
            id: BusinessId::from_uuid(self.id.0),
            owner: parse("businesses.user_id", &self.user_id)?,
            name: parse("businesses.name", &self.name)?,
            time_zone: parse_optional("businesses.time_zone", self.time_zone.as_deref())?,
            created_at: self.created_at.time(),
            updated_at: self.updated_at.time(),
        })
    }
}

/// A member.
#[derive(Debug, FromRow)]
pub(crate) struct MemberRow {
    pub(crate) user_id: String,
    pub(crate) role: String,
    pub(crate) added_at: Moment,
}

impl MemberRow {
    pub(crate) fn member(&self) -> Result<Member, Fault> {
        Ok(Member {
            user: parse("members.user_id", &self.user_id)?,
            role: parse("members.role", &self.role)?,
            added_at: self.added_at.time(),
        })
    }
}

/// A business that is shared with a member.
#[derive(Debug, FromRow)]
pub(crate) struct ShareRow {
    business_id: Id,
    role: String,
}

impl ShareRow {
    pub(crate) fn share(&self) -> Result<Share, Fault> {
        let business = BusinessId::from_uuid(self.business_id.0);
        Ok(Share { business, role: parse("members.role", &self.role)? })
    }
}

/// A membership, with its business.
#[derive(Debug, FromRow)]
pub(crate) struct MembershipRow {
    business_id: Id,
    name: String,
    owner: String,
    role: String,
    added_at: Moment,
}

impl MembershipRow {
    fn membership(&self) -> Result<Membership, Fault> {
        Ok(Membership {
            business: BusinessId::from_uuid(self.business_id.0),
            name: parse("businesses.name", &self.name)?,
            owner: parse("businesses.user_id", &self.owner)?,
            role: parse("members.role", &self.role)?,
            added_at: self.added_at.time(),
        })
    }
}

/// The rows of a page, one more than it holds where there is another; with the cursor to it.
pub(crate) fn membership_page(rows: &[MembershipRow], limit: u16) -> Result<MembershipPage, Fault> {
    let memberships =
        rows.iter().map(MembershipRow::membership).collect::<Result<Vec<Membership>, Fault>>()?;
    let (memberships, next) = cut_page(memberships, limit, |membership| membership.business);
    Ok(MembershipPage { memberships, next })
}

/// The rows of a page, one more than it holds where there is another; with the cursor to it.
pub(crate) fn key_page(rows: &[KeyRow], limit: u16) -> Result<KeyPage, Fault> {
    let keys = rows.iter().map(KeyRow::key).collect::<Result<Vec<ApiKey>, Fault>>()?;
    let (keys, next) = cut_page(keys, limit, |key| key.id);
    Ok(KeyPage { keys, next })
}

/// An API key; its secret is nowhere.
#[derive(Debug, FromRow)]
pub(crate) struct KeyRow {
    id: Id,
    hash: String,
    kind: String,
    user_id: Option<String>,
    name: Option<String>,
    /// Missing for a key of the time before there were scopes: then it has every one of its kind.
    scopes: Option<String>,
    created_at: Moment,
    expires_at: Option<Moment>,
    last_used_at: Option<Moment>,
    revoked_at: Option<Moment>,
    replaces: Option<Id>,
}

impl KeyRow {
    pub(crate) fn key(&self) -> Result<ApiKey, Fault> {
        let holder = self.holder()?;
        let scopes = parse_optional("api_keys.scopes", self.scopes.as_deref())?;
        Ok(ApiKey {
            id: ApiKeyId::from_uuid(self.id.0),
            hash: parse("api_keys.hash", &self.hash)?,
            scopes: scopes.unwrap_or(holder.scopes()),
            holder,
            name: self.name.clone(),
            created_at: self.created_at.time(),
            expires_at: self.expires_at.map(Moment::time),
            last_used_at: self.last_used_at.map(Moment::time),
            revoked_at: self.revoked_at.map(Moment::time),
            replaces: self.replaces.map(|id| ApiKeyId::from_uuid(id.0)),
        })
    }

    fn holder(&self) -> Result<KeyHolder, Fault> {
        match (self.kind.as_str(), self.user_id.as_deref()) {
            ("user", Some(user)) => Ok(KeyHolder::User { user: parse("api_keys.user_id", user)? }),
            ("service", None) => Ok(KeyHolder::Service),
            ("operator", None) => Ok(KeyHolder::Operator),
            (kind, _) => Err(Fault::Broken(format!("key {} is of the unknown kind `{kind}`", self.id.0))),
        }
    }
}

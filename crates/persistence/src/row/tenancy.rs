//! Users, businesses and API keys.

use sqlx::FromRow;
use trunkline_domain::{ApiKeyId, BusinessId};
use trunkline_tenancy::{ApiKey, Business, KeyHolder, User};

use crate::cell::{Id, Moment};
use crate::codec::{parse, parse_optional};
use crate::error::Fault;

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

/// An API key; its secret is nowhere.
#[derive(Debug, FromRow)]
pub(crate) struct KeyRow {
    id: Id,
    hash: String,
    kind: String,
    user_id: Option<String>,
    name: Option<String>,
    created_at: Moment,
    revoked_at: Option<Moment>,
}

impl KeyRow {
    pub(crate) fn key(&self) -> Result<ApiKey, Fault> {
        Ok(ApiKey {
            id: ApiKeyId::from_uuid(self.id.0),
            hash: parse("api_keys.hash", &self.hash)?,
            holder: self.holder()?,
            name: self.name.clone(),
            created_at: self.created_at.time(),
            revoked_at: self.revoked_at.map(Moment::time),
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

//! The ports: to the store of users, businesses and API keys, and to whoever judges an identity provider's tokens.
//!
//! Every write to the store is one method that takes a whole [`Change`] and applies it in one database transaction or not at all.
//! Every method is safe to repeat with the same change.

mod members;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use trunkline_domain::{ApiKeyId, BusinessId, Change, UserId};

use crate::{ApiKey, Business, BusinessName, KeyHash, Member, Share, TimeZone, User, UserSearch};

pub use members::{
    MemberPutting, MemberRemoval, MembershipFilter, MembershipPage, PutMemberAnswer, RemoveMemberAnswer,
};

/// Stores users, businesses, their members, and API keys.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait TenancyStore: Send + Sync {
    /// One user.
    async fn user(&self, id: &UserId) -> Result<Option<User>, TenancyStoreError>;

    /// Users by id, byte by byte.
    async fn users(&self, filter: &UserFilter) -> Result<UserPage, TenancyStoreError>;

    /// Adds a user. One that exists stays as it is.
    async fn create_user(&self, change: &Change<UserCreation>)
    -> Result<CreateUserAnswer, TenancyStoreError>;

    /// One business, if it is within the scope.
    async fn business(&self, scope: &Scope, id: BusinessId) -> Result<Option<Business>, TenancyStoreError>;

    /// Whose a business is.
    async fn owner_of_business(&self, id: BusinessId) -> Result<Option<UserId>, TenancyStoreError>;

    /// Businesses, newest first; those of one moment by id, the greater first.
    async fn businesses(&self, filter: &BusinessFilter) -> Result<BusinessPage, TenancyStoreError>;

    /// Adds a business. One of the same owner with this id stays as it is.
    async fn create_business(
        &self,
        change: &Change<BusinessCreation>,
    ) -> Result<CreateBusinessAnswer, TenancyStoreError>;

    /// Changes a business's name or time zone, where it is its owner's.
    async fn update_business(
        &self,
        change: &Change<BusinessUpdate>,
    ) -> Result<UpdateBusinessAnswer, TenancyStoreError>;

    /// Deletes a business, where it is its owner's and has neither a live number (recorded ones included) nor an
    /// order that has not ended; all of it tested in the deleting transaction. Its members go with it.
    async fn delete_business(
        &self,
        change: &Change<BusinessDeletion>,
    ) -> Result<DeleteBusinessAnswer, TenancyStoreError>;

    /// The members of a business, in the order in which they were added; nobody where the business is not the owner's.
    async fn members(&self, owner: &UserId, business: BusinessId) -> Result<Vec<Member>, TenancyStoreError>;

    /// What an owner shares with a member, by business.
    async fn shares(&self, owner: &UserId, member: &UserId) -> Result<Vec<Share>, TenancyStoreError>;

    /// Where a user is a member, the latest first; those of one moment by the business's id, the greater first.
    async fn memberships(&self, filter: &MembershipFilter) -> Result<MembershipPage, TenancyStoreError>;

    /// Adds a member or changes their role, where the business is the owner's, the member is what the change has seen,
    /// and there is room. Of two that are added at once, no more are added than there may be.
    async fn put_member(&self, change: &Change<MemberPutting>) -> Result<PutMemberAnswer, TenancyStoreError>;

    /// Removes a member, where the business is the owner's and the member is what the change has seen. From the commit
    /// on, [`Self::shares`] says so to every server of the database.
    async fn remove_member(
        &self,
        change: &Change<MemberRemoval>,
    ) -> Result<RemoveMemberAnswer, TenancyStoreError>;

    /// The key with this hash, revoked ones included.
    async fn key_by_hash(&self, hash: &KeyHash) -> Result<Option<ApiKey>, TenancyStoreError>;

    /// One key, if it is within the scope: a user's own, or any, those of services and operators included.
    async fn key(&self, scope: &Scope, id: ApiKeyId) -> Result<Option<ApiKey>, TenancyStoreError>;

    /// Keys, newest first, those of one moment by id, the greater first; revoked and expired ones included.
    async fn keys(&self, filter: &KeyFilter) -> Result<KeyPage, TenancyStoreError>;

    /// Adds a key. The user of a user's key is added, without an email address, where they do not exist yet; so a
    /// first key can be made on an empty database. A key with this id that exists already stays as it is. Of two that
    /// are made at once, no more are added than there may be.
    async fn create_key(&self, change: &Change<KeyCreation>) -> Result<CreateKeyAnswer, TenancyStoreError>;

    /// Adds a key's successor and brings the old one's end forward, never back; where the old one is not revoked, not
    /// expired by the change's time, and has no successor yet, and its user has no more other open keys than they may.
    /// Repeated with the same successor, it answers the same.
    async fn rotate_key(&self, change: &Change<KeyRotation>) -> Result<RotateKeyAnswer, TenancyStoreError>;

    /// Revokes a key, where it is within the scope. One that is revoked already stays as it is. From the commit on,
    /// [`Self::key_by_hash`] says so to every server of the database.
    async fn revoke_key(&self, change: &Change<KeyRevocation>) -> Result<RevokeKeyAnswer, TenancyStoreError>;

    /// Notes that a key was used, unless a use is noted that is less than `pause` older. The one write without an
    /// audit line: it says what the caller did, not what they changed.
    async fn note_key_use(&self, usage: &KeyUse) -> Result<(), TenancyStoreError>;
}

/// Says whose a token of an identity provider is.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait TokenVerifier: Send + Sync {
    /// The subject of a token that is genuine, meant for us, and valid now.
    async fn verify(&self, token: &str) -> Result<UserId, TokenError>;
}

/// Why a token has no subject.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// It is not genuine, not meant for us, or not valid now. The reason is for the operator's log alone.
    #[error("the token is refused: {0}")]
    Refused(String),
    /// The keys that would tell could not be had.
    #[error("the keys of the identity provider could not be had")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Whose businesses are asked for. Stores put it into every statement, so what is out of scope does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// One user's.
    User(UserId),
    /// Everybody's: operators and background work.
    Everyone,
}

/// Which users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserFilter {
    /// Those alone who are found by this.
    pub search: Option<UserSearch>,
    /// From the one after this id, whether or not somebody has it.
    pub after: Option<UserId>,
    /// At most so many, 1 to 100.
    pub limit: u16,
}

/// One page of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPage {
    /// The users.
    pub users: Vec<User>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<UserId>,
}

/// Adds a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserCreation {
    /// The user.
    pub user: User,
}

/// What became of adding a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreateUserAnswer {
    /// Added now.
    Created(User),
    /// There before, as this.
    Exists(User),
}

/// Which businesses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusinessFilter {
    /// Whose.
    pub scope: Scope,
    /// Of these alone; `None` for all.
    pub only: Option<Vec<BusinessId>>,
    /// From the one after this; an id that is not within the scope and these finds nothing.
    pub after: Option<BusinessId>,
    /// At most so many, 1 to 100.
    pub limit: u16,
}

/// One page of businesses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusinessPage {
    /// The businesses.
    pub businesses: Vec<Business>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<BusinessId>,
}

/// Adds a business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusinessCreation {
    /// The business.
    pub business: Business,
}

/// What became of adding a business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreateBusinessAnswer {
    /// Added now.
    Created(Business),
    /// There before, with the same owner, as this.
    Exists(Business),
    /// Another user's business has this id.
    IdTaken,
    /// There is no such owner.
    OwnerNotFound,
}

/// Changes a business. `None` leaves a part as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusinessUpdate {
    /// Which.
    pub business: BusinessId,
    /// Whose it must be.
    pub owner: UserId,
    /// A new name.
    pub name: Option<BusinessName>,
    /// A new time zone; the inner `None` clears it.
    pub time_zone: Option<Option<TimeZone>>,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of changing a business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpdateBusinessAnswer {
    /// Changed; the business as it is now.
    Updated(Business),
    /// The owner has no such business.
    NotFound,
}

/// Deletes a business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusinessDeletion {
    /// Which.
    pub business: BusinessId,
    /// Whose it must be.
    pub owner: UserId,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of deleting a business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteBusinessAnswer {
    /// Deleted now.
    Deleted,
    /// The owner has no such business.
    NotFound,
    /// It has live numbers or open orders.
    InUse,
}

/// Adds an API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyCreation {
    /// The key; its secret is nowhere but in the hands of its holder.
    pub key: ApiKey,
    /// How many keys of its user may be open when it is made, itself included. Services and operators have no such
    /// limit.
    pub open_at_most: u32,
}

/// What became of adding a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateKeyAnswer {
    /// It is there, now or before.
    Created,
    /// Its user has as many open keys as they may.
    TooMany,
}

/// Which keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFilter {
    /// Whose; everybody's are those of services and operators too.
    pub scope: Scope,
    /// From the one after this; an id that is not within the scope finds nothing.
    pub after: Option<ApiKeyId>,
    /// At most so many, 1 to 100.
    pub limit: u16,
}

/// One page of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPage {
    /// The keys.
    pub keys: Vec<ApiKey>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<ApiKeyId>,
}

/// Gives a key a successor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRotation {
    /// The old key.
    pub key: ApiKeyId,
    /// Whose it must be.
    pub scope: Scope,
    /// The new key, whose `replaces` names the old one.
    pub successor: ApiKey,
    /// When the old one ends at the latest.
    pub old_ends_at: DateTime<Utc>,
    /// How many keys of its user may be open then, the old one not counted.
    pub open_at_most: u32,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of rotating a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RotateKeyAnswer {
    /// The successor is there.
    Rotated,
    /// There is no such key within the scope.
    NotFound,
    /// It is revoked or expired, or has another successor.
    Ended,
    /// It stands for somebody who signs in at a browser, and ends with their account.
    OfAnAccount,
    /// Its user has as many other open keys as they may.
    TooMany,
}

/// Revokes a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRevocation {
    /// Which.
    pub key: ApiKeyId,
    /// Whose it must be.
    pub scope: Scope,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of revoking a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevokeKeyAnswer {
    /// It is revoked, now or before.
    Revoked,
    /// There is no such key within the scope.
    NotFound,
}

/// That a key was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUse {
    /// Which.
    pub key: ApiKeyId,
    /// When.
    pub at: DateTime<Utc>,
    /// How much older a noted use must be to be replaced.
    pub pause: TimeDelta,
}

/// A store that could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum TenancyStoreError {
    /// Certainly nothing was changed.
    #[error("the store of users and businesses is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The change may or may not be stored; repeating it unchanged is safe.
    #[error("the store of users and businesses did not say whether the change is stored")]
    OutcomeUnknown(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The store holds something that its own rules forbid, or cannot be asked this at all. An operator's matter.
    #[error("the store of users and businesses is broken: {0}")]
    Broken(String),
}

//! Users, businesses, their members, and API keys: the port of tenancy, and provisioning's question whose a business is.

mod businesses;
mod keys;
mod members;
mod users;

use async_trait::async_trait;
use sqlx::{QueryBuilder, Sqlite};
use trunkline_domain::{ApiKeyId, BusinessId, Change, UserId};
use trunkline_provisioning::port::{Businesses, BusinessesError};
use trunkline_tenancy::{
    ApiKey, Business, BusinessCreation, BusinessDeletion, BusinessFilter, BusinessPage, BusinessUpdate,
    CreateBusinessAnswer, CreateKeyAnswer, CreateUserAnswer, DeleteBusinessAnswer, KeyCreation, KeyFilter,
    KeyHash, KeyPage, KeyRevocation, KeyRotation, KeyUse, Member, MemberPutting, MemberRemoval,
    MembershipFilter, MembershipPage, PutMemberAnswer, RemoveMemberAnswer, RevokeKeyAnswer, RotateKeyAnswer,
    Scope, Share, TenancyStore, TenancyStoreError, UpdateBusinessAnswer, User, UserCreation, UserFilter,
    UserPage,
};

use super::SqliteStore;

#[async_trait]
impl TenancyStore for SqliteStore {
    async fn user(&self, id: &UserId) -> Result<Option<User>, TenancyStoreError> {
        Ok(self.find_user(id).await?)
    }

    async fn users(&self, filter: &UserFilter) -> Result<UserPage, TenancyStoreError> {
        Ok(self.find_users(filter).await?)
    }

    async fn create_user(
        &self,
        change: &Change<UserCreation>,
    ) -> Result<CreateUserAnswer, TenancyStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn business(&self, scope: &Scope, id: BusinessId) -> Result<Option<Business>, TenancyStoreError> {
        Ok(self.find_business(scope, id).await?)
    }

    async fn owner_of_business(&self, id: BusinessId) -> Result<Option<UserId>, TenancyStoreError> {
        Ok(self.find_owner(id).await?)
    }

    async fn businesses(&self, filter: &BusinessFilter) -> Result<BusinessPage, TenancyStoreError> {
        Ok(self.find_businesses(filter).await?)
    }

    async fn create_business(
        &self,
        change: &Change<BusinessCreation>,
    ) -> Result<CreateBusinessAnswer, TenancyStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn update_business(
        &self,
        change: &Change<BusinessUpdate>,
    ) -> Result<UpdateBusinessAnswer, TenancyStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn delete_business(
        &self,
        change: &Change<BusinessDeletion>,
    ) -> Result<DeleteBusinessAnswer, TenancyStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn members(&self, owner: &UserId, business: BusinessId) -> Result<Vec<Member>, TenancyStoreError> {
        Ok(self.find_members(owner, business).await?)
    }

    async fn shares(&self, owner: &UserId, member: &UserId) -> Result<Vec<Share>, TenancyStoreError> {
        Ok(self.find_shares(owner, member).await?)
    }

    async fn memberships(&self, filter: &MembershipFilter) -> Result<MembershipPage, TenancyStoreError> {
        Ok(self.find_memberships(filter).await?)
    }

    async fn put_member(&self, change: &Change<MemberPutting>) -> Result<PutMemberAnswer, TenancyStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn remove_member(
        &self,
        change: &Change<MemberRemoval>,
    ) -> Result<RemoveMemberAnswer, TenancyStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn key_by_hash(&self, hash: &KeyHash) -> Result<Option<ApiKey>, TenancyStoreError> {
        Ok(self.find_key_by_hash(hash).await?)
    }

    async fn key(&self, scope: &Scope, id: ApiKeyId) -> Result<Option<ApiKey>, TenancyStoreError> {
        Ok(self.find_key(scope, id).await?)
    }

    async fn keys(&self, filter: &KeyFilter) -> Result<KeyPage, TenancyStoreError> {
        Ok(self.find_keys(filter).await?)
    }

    async fn create_key(&self, change: &Change<KeyCreation>) -> Result<CreateKeyAnswer, TenancyStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn rotate_key(&self, change: &Change<KeyRotation>) -> Result<RotateKeyAnswer, TenancyStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn revoke_key(&self, change: &Change<KeyRevocation>) -> Result<RevokeKeyAnswer, TenancyStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn note_key_use(&self, usage: &KeyUse) -> Result<(), TenancyStoreError> {
        Ok(self.writer.write(Change::new(*usage)).await?)
    }
}

#[async_trait]
impl Businesses for SqliteStore {
    async fn owner_of(&self, business: BusinessId) -> Result<Option<UserId>, BusinessesError> {
        Ok(self.find_owner(business).await?)
    }
}

/// The user that a scope is limited to.
fn user_of(scope: &Scope) -> Option<&str> {
    match scope {
        Scope::User(user) => Some(user.as_str()),
        Scope::Everyone => None,
    }
}

/// A page of what is within a scope, newest first, and one more than it holds, to see whether there is another. `place` finds
/// the last of the page before, by its id. `only` is a JSON list of the ids that may be found, where not all may.
fn newest_first(
    select: &'static str,
    place: &'static str,
    (scope, only): (&Scope, Option<String>),
    after: Option<String>,
    limit: u16,
) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(select);
    let within = |query: &mut QueryBuilder<Sqlite>| {
        if let Some(user) = user_of(scope) {
            query.push(" AND user_id = ").push_bind(user.to_owned());
        }
        if let Some(only) = &only {
            query.push(" AND id IN (SELECT value FROM json_each(").push_bind(only.clone()).push("))");
        }
    };
    within(&mut query);
    if let Some(after) = after {
        query.push(" AND (created_at, id) < (").push(place).push_bind(after);
        within(&mut query);
        query.push(")");
    }
    query.push(" ORDER BY created_at DESC, id DESC LIMIT ").push_bind(i64::from(limit) + 1);
    query
}

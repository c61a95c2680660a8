//! Users, businesses and API keys: the port of tenancy, and provisioning's question whose a business is.

mod businesses;
mod keys;
mod users;

use async_trait::async_trait;
use trunkline_domain::{BusinessId, Change, UserId};
use trunkline_provisioning::port::{Businesses, BusinessesError};
use trunkline_tenancy::{
    ApiKey, Business, BusinessCreation, BusinessDeletion, BusinessFilter, BusinessPage, BusinessUpdate,
    CreateBusinessAnswer, CreateUserAnswer, DeleteBusinessAnswer, KeyCreation, KeyHash, Scope, TenancyStore,
    TenancyStoreError, UpdateBusinessAnswer, User, UserCreation,
};

use super::PostgresStore;
use crate::error::Failure;

#[async_trait]
impl TenancyStore for PostgresStore {
    async fn user(&self, id: &UserId) -> Result<Option<User>, TenancyStoreError> {
        Ok(self.find_user(id).await?)
    }

    async fn create_user(
        &self,
        change: &Change<UserCreation>,
    ) -> Result<CreateUserAnswer, TenancyStoreError> {
        Ok(self.add_user(change).await?)
    }

    async fn business(&self, scope: &Scope, id: BusinessId) -> Result<Option<Business>, TenancyStoreError> {
        Ok(self.find_business(scope, id).await?)
    }

    async fn businesses(&self, filter: &BusinessFilter) -> Result<BusinessPage, TenancyStoreError> {
        Ok(self.find_businesses(filter).await?)
    }

    async fn create_business(
        &self,
        change: &Change<BusinessCreation>,
    ) -> Result<CreateBusinessAnswer, TenancyStoreError> {
        Ok(self.add_business(change).await?)
    }

    async fn update_business(
        &self,
        change: &Change<BusinessUpdate>,
    ) -> Result<UpdateBusinessAnswer, TenancyStoreError> {
        Ok(self.change_business(change).await?)
    }

    async fn delete_business(
        &self,
        change: &Change<BusinessDeletion>,
    ) -> Result<DeleteBusinessAnswer, TenancyStoreError> {
        Ok(self.remove_business(change).await?)
    }

    async fn key_by_hash(&self, hash: &KeyHash) -> Result<Option<ApiKey>, TenancyStoreError> {
        Ok(self.find_key(hash).await?)
    }

    async fn create_key(&self, change: &Change<KeyCreation>) -> Result<(), TenancyStoreError> {
        Ok(self.add_key(change).await?)
    }
}

#[async_trait]
impl Businesses for PostgresStore {
    async fn owner_of(&self, business: BusinessId) -> Result<Option<UserId>, BusinessesError> {
        let found = self.find_business(&Scope::Everyone, business).await?;
        Ok(found.map(|business| business.owner))
    }
}

/// A function of the database has said what this binary does not know.
fn unknown_outcome(function: &str, outcome: &str) -> Failure {
    Failure::Broken(format!("{function} answered `{outcome}`"))
}

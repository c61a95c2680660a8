//! The provider of a server that has none yet: every question is answered `NotConfigured`, so nothing is ever sent.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::{AccountSid, Country, Money, NumberCost, NumberType, PhoneNumber, ProviderIdentity};

use crate::{
    AccountAddress, AccountStatus, AvailableNumber, Bought, Bundle, Listing, NumberProvider, NumberPurchase,
    NumberSettings, ProviderAccount, ProviderError, ProviderNumber, Regulation, ReleaseAnswer, SearchQuery,
    Sighting,
};

/// Stands where no provider is configured.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unconfigured;

#[async_trait]
impl NumberProvider for Unconfigured {
    fn account(&self) -> Result<AccountSid, ProviderError> {
        Err(ProviderError::NotConfigured)
    }

    async fn search(&self, _: &SearchQuery) -> Result<Vec<AvailableNumber>, ProviderError> {
        Err(ProviderError::NotConfigured)
    }

    async fn types_offered(&self, _: Country) -> Result<Vec<NumberType>, ProviderError> {
        Err(ProviderError::NotConfigured)
    }

    async fn look(&self, _: &PhoneNumber) -> Result<Sighting, ProviderError> {
        Err(ProviderError::NotConfigured)
    }

    async fn buy(&self, _: &NumberPurchase) -> Result<Bought, ProviderError> {
        Err(ProviderError::NotConfigured)
    }

    async fn fetch(&self, _: &ProviderIdentity) -> Result<Option<ProviderNumber>, ProviderError> {
        Err(ProviderError::NotConfigured)
    }

    async fn configure(
        &self,
        _: &ProviderIdentity,
        _: &NumberSettings,
    ) -> Result<ProviderNumber, ProviderError> {
        Err(ProviderError::NotConfigured)
    }

    async fn release(&self, _: &ProviderIdentity) -> Result<ReleaseAnswer, ProviderError> {
        Err(ProviderError::NotConfigured)
    }

    async fn locate(&self, _: &ProviderIdentity) -> Result<Option<AccountSid>, ProviderError> {
        Err(ProviderError::NotConfigured)
    }

    async fn list(&self) -> Result<Listing, ProviderError> {
        Err(ProviderError::NotConfigured)
    }
}

#[async_trait]
impl ProviderAccount for Unconfigured {
    async fn check_credentials(&self) -> Result<DateTime<Utc>, ProviderError> {
        Err(ProviderError::NotConfigured)
    }

    async fn account_status(&self) -> Result<AccountStatus, ProviderError> {
        Err(ProviderError::NotConfigured)
    }

    async fn balance(&self) -> Result<Money, ProviderError> {
        Err(ProviderError::NotConfigured)
    }

    async fn addresses(&self) -> Result<Vec<AccountAddress>, ProviderError> {
        Err(ProviderError::NotConfigured)
    }

    async fn bundles(&self, _: Country, _: NumberType) -> Result<Vec<Bundle>, ProviderError> {
        Err(ProviderError::NotConfigured)
    }

    async fn regulations(&self, _: Country, _: NumberType) -> Result<Vec<Regulation>, ProviderError> {
        Err(ProviderError::NotConfigured)
    }

    async fn number_costs(&self, _: Country) -> Result<Vec<NumberCost>, ProviderError> {
        Err(ProviderError::NotConfigured)
    }
}

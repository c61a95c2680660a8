//! The provider of a server that has none yet: every question is answered `NotConfigured`, so nothing is ever sent.

use async_trait::async_trait;
use trunkline_domain::{AccountSid, Country, NumberType, PhoneNumber, ProviderIdentity};

use crate::{
    AvailableNumber, Bought, Listing, NumberProvider, NumberPurchase, NumberSettings, ProviderError,
    ProviderNumber, ReleaseAnswer, SearchQuery, Sighting,
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

    async fn list(&self) -> Result<Listing, ProviderError> {
        Err(ProviderError::NotConfigured)
    }
}

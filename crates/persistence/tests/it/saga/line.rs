//! A process's line to the supplier.

use std::sync::Arc;

use async_trait::async_trait;
use trunkline_domain::{AccountSid, Country, NumberType, PhoneNumber, ProviderIdentity};
use trunkline_provider::{
    AddressRequirement, AvailableNumber, Bought, Listing, NumberProvider, NumberPurchase, NumberSettings,
    ProviderError, ProviderNumber, ReleaseAnswer, SearchQuery, Sighting,
};

use super::process::Process;
use super::supplier::{CAPABILITIES, Supplier};

/// The supplier as one process reaches it.
pub(crate) struct Line {
    pub(crate) process: Arc<Process>,
    pub(crate) supplier: Arc<Supplier>,
}

#[async_trait]
impl NumberProvider for Line {
    fn account(&self) -> Result<AccountSid, ProviderError> {
        Ok(self.supplier.account())
    }

    async fn search(&self, query: &SearchQuery) -> Result<Vec<AvailableNumber>, ProviderError> {
        let digits = query.contains.clone().unwrap_or_default();
        let asked: Option<PhoneNumber> = format!("+{digits}").parse().ok();
        self.process
            .ask("provider.search", || async { Ok(asked.clone().into_iter().map(hit).collect()) })
            .await
    }

    async fn types_offered(&self, _: Country) -> Result<Vec<NumberType>, ProviderError> {
        self.process.ask("provider.types_offered", || async { Ok(vec![NumberType::Local]) }).await
    }

    async fn look(&self, phone_number: &PhoneNumber) -> Result<Sighting, ProviderError> {
        self.process.ask("provider.look", || async { Ok(self.supplier.look(phone_number)) }).await
    }

    async fn buy(&self, purchase: &NumberPurchase) -> Result<Bought, ProviderError> {
        self.process.ask("provider.buy", || async { self.supplier.buy(purchase) }).await
    }

    async fn fetch(&self, identity: &ProviderIdentity) -> Result<Option<ProviderNumber>, ProviderError> {
        self.process.ask("provider.fetch", || async { Ok(self.supplier.fetch(identity)) }).await
    }

    async fn configure(
        &self,
        identity: &ProviderIdentity,
        settings: &NumberSettings,
    ) -> Result<ProviderNumber, ProviderError> {
        self.process.ask("provider.configure", || async { self.supplier.configure(identity, settings) }).await
    }

    async fn release(&self, identity: &ProviderIdentity) -> Result<ReleaseAnswer, ProviderError> {
        self.process.ask("provider.release", || async { self.supplier.release(identity) }).await
    }

    async fn locate(&self, identity: &ProviderIdentity) -> Result<Option<AccountSid>, ProviderError> {
        self.process.ask("provider.locate", || async { Ok(self.supplier.locate(identity)) }).await
    }

    async fn list(&self) -> Result<Listing, ProviderError> {
        self.process.ask("provider.list", || async { Ok(self.supplier.list()) }).await
    }
}

fn hit(phone_number: PhoneNumber) -> AvailableNumber {
    AvailableNumber {
        friendly_name: phone_number.to_string(),
        phone_number,
        locality: None,
        region: None,
        country: Country::US,
        capabilities: CAPABILITIES,
        address_requirement: AddressRequirement::None,
    }
}

//! The wire to the supplier.
//!
//! A purchase or a release that the network kept back, or repeats, reaches the supplier by itself, whatever has become
//! of its process by then.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::sleep;
use trunkline_domain::{AccountSid, Country, NumberType, PhoneNumber, ProviderIdentity};
use trunkline_provider::{
    AddressRequirement, AvailableNumber, Bought, Listing, NumberProvider, NumberPurchase, NumberSettings,
    ProviderError, ProviderNumber, ReleaseAnswer, SearchQuery, Sighting,
};

use crate::fate::{Ending, Fate};
use crate::gist::gist_of;
use crate::process::Process;
use crate::supplier::{CAPABILITIES, Supplier};

/// A process's way to the supplier.
pub(crate) struct Wire {
    pub(crate) process: Arc<Process>,
    pub(crate) supplier: Arc<Supplier>,
}

impl Wire {
    /// Lets a call arrive (once more) by itself.
    fn echo(&self, fate: Fate, again: impl FnOnce(&Supplier) -> String + Send + 'static) {
        let Some(later) = fate.echo else { return };
        let (process, supplier) = (Arc::clone(&self.process), Arc::clone(&self.supplier));
        tokio::spawn(async move {
            sleep(later).await;
            process.note(|| format!("(on the network) {}", again(&supplier)));
        });
    }
}

#[async_trait]
impl NumberProvider for Wire {
    fn account(&self) -> Result<AccountSid, ProviderError> {
        Ok(self.supplier.account())
    }

    async fn search(&self, query: &SearchQuery) -> Result<Vec<AvailableNumber>, ProviderError> {
        let fate = self.process.fate("provider.search").await;
        let hit = || {
            // Purchases search for exactly the number that they are about, for what it can do.
            let number: Option<PhoneNumber> = query.contains.as_deref().and_then(|digits| {
                let digits = digits.trim_start_matches('+');
                format!("+{digits}").parse().ok()
            });
            Ok(number.into_iter().map(hit).collect())
        };
        self.process.ask_provider("provider.search", fate, hit).await
    }

    async fn types_offered(&self, _: Country) -> Result<Vec<NumberType>, ProviderError> {
        let fate = self.process.fate("provider.types_offered").await;
        let types = || Ok(vec![NumberType::Local, NumberType::TollFree]);
        self.process.ask_provider("provider.types_offered", fate, types).await
    }

    async fn look(&self, phone_number: &PhoneNumber) -> Result<Sighting, ProviderError> {
        let fate = self.process.fate("provider.look").await;
        self.process.ask_provider("provider.look", fate, || Ok(self.supplier.look(phone_number))).await
    }

    async fn buy(&self, purchase: &NumberPurchase) -> Result<Bought, ProviderError> {
        let fate = self.process.fate("provider.buy").await;
        let again = purchase.clone();
        self.echo(fate, move |supplier| {
            format!("provider.buy: {}", gist_of(&supplier.sell(&again, fate.lag)))
        });
        self.process.ask_provider("provider.buy", fate, || self.supplier.sell(purchase, fate.lag)).await
    }

    async fn fetch(&self, identity: &ProviderIdentity) -> Result<Option<ProviderNumber>, ProviderError> {
        let fate = self.process.fate("provider.fetch").await;
        self.process.ask_provider("provider.fetch", fate, || Ok(self.supplier.fetch(identity))).await
    }

    async fn configure(
        &self,
        identity: &ProviderIdentity,
        settings: &NumberSettings,
    ) -> Result<ProviderNumber, ProviderError> {
        let fate = self.process.fate("provider.configure").await;
        let call = || self.supplier.configure(identity, settings);
        self.process.ask_provider("provider.configure", fate, call).await
    }

    async fn release(&self, identity: &ProviderIdentity) -> Result<ReleaseAnswer, ProviderError> {
        let fate = self.process.fate("provider.release").await;
        let again = identity.clone();
        self.echo(fate, move |supplier| {
            format!("provider.release: {}", gist_of(&supplier.take_back(&again)))
        });
        self.process.ask_provider("provider.release", fate, || self.supplier.take_back(identity)).await
    }

    async fn locate(&self, identity: &ProviderIdentity) -> Result<Option<AccountSid>, ProviderError> {
        let fate = self.process.fate("provider.locate").await;
        self.process.ask_provider("provider.locate", fate, || Ok(self.supplier.locate(identity))).await
    }

    async fn list(&self) -> Result<Listing, ProviderError> {
        let fate = self.process.fate("provider.list").await;
        // A listing that breaks off is an answer, and says so.
        if fate.ending == Ending::NotDone {
            let half = || {
                let whole = self.supplier.list();
                let half = whole.numbers.len() / 2;
                Ok(Listing { numbers: whole.numbers[..half].to_vec(), complete: false, ..whole })
            };
            let fate = Fate { ending: Ending::Answered, ..fate };
            return self.process.ask_provider("provider.list", fate, half).await;
        }
        self.process.ask_provider("provider.list", fate, || Ok(self.supplier.list())).await
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

//! The port itself.

use async_trait::async_trait;
use trunkline_domain::{AccountSid, Country, NumberType, PhoneNumber, ProviderIdentity};

use crate::{
    AvailableNumber, Bought, Listing, NumberPurchase, NumberSettings, ProviderError, ProviderNumber,
    ReleaseAnswer, SearchQuery, Sighting,
};

/// A supplier of phone numbers.
///
/// Implementations bound every call in time, retry reads as they see fit, and repeat a purchase only after an answer
/// that proves it was not processed (a rate limit).
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait NumberProvider: Send + Sync {
    /// The account that numbers are bought in now. `NotConfigured` where there is none.
    fn account(&self) -> Result<AccountSid, ProviderError>;

    /// Numbers that could be bought. `Refused` with `TypeNotOffered` where the country has none of the type.
    async fn search(&self, query: &SearchQuery) -> Result<Vec<AvailableNumber>, ProviderError>;

    /// The types that the provider has in a country; empty for a country it does not serve.
    async fn types_offered(&self, country: Country) -> Result<Vec<NumberType>, ProviderError>;

    /// Whether our account holds exactly this number. An answer that is not complete is an error.
    async fn look(&self, phone_number: &PhoneNumber) -> Result<Sighting, ProviderError>;

    /// Buys one number, once. An answer that cannot be read is `OutcomeUnknown`.
    async fn buy(&self, purchase: &NumberPurchase) -> Result<Bought, ProviderError>;

    /// The number under this id, or `None` where its account certainly does not have it.
    async fn fetch(&self, identity: &ProviderIdentity) -> Result<Option<ProviderNumber>, ProviderError>;

    /// Changes settings of an owned number. Safe to repeat.
    async fn configure(
        &self,
        identity: &ProviderIdentity,
        settings: &NumberSettings,
    ) -> Result<ProviderNumber, ProviderError>;

    /// Gives a number back, by id, on the account that is part of its identity. Safe to repeat: ids are never reused.
    async fn release(&self, identity: &ProviderIdentity) -> Result<ReleaseAnswer, ProviderError>;

    /// In which other account of the same owner a number is that its own account does not have: where the owner moved
    /// it. `None` where no account that these credentials reach has it. An answer that is not complete is an error.
    async fn locate(&self, identity: &ProviderIdentity) -> Result<Option<AccountSid>, ProviderError>;

    /// Everything our account holds. A page that fails ends the listing, which then says that it is not complete.
    async fn list(&self) -> Result<Listing, ProviderError>;
}

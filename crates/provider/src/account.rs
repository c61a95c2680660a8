//! The account at a provider, apart from its numbers: whether it may buy, what it has, and what things cost.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::{AccountSid, Country, Money, NumberCost, NumberType};

use crate::{AccountAddress, Bundle, ProviderError, Regulation};

/// The operator's account at a supplier of numbers. Everything here only asks; nothing changes and nothing costs.
///
/// Lists are whole or an error: from what is missing in them, conclusions are drawn.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ProviderAccount: Send + Sync {
    /// Asks for something that every set of credentials may ask for. Answers the provider's clock, to the second.
    async fn check_credentials(&self) -> Result<DateTime<Utc>, ProviderError>;

    /// Whether the account may buy. Some API keys may not ask that: `Unauthorized` or `Refused` then says nothing
    /// about the credentials.
    async fn account_status(&self) -> Result<AccountStatus, ProviderError>;

    /// The money that the account has left; negative where it owes.
    async fn balance(&self) -> Result<Money, ProviderError>;

    /// The account's addresses.
    async fn addresses(&self) -> Result<Vec<AccountAddress>, ProviderError>;

    /// The account's regulatory bundles for a country and type.
    async fn bundles(&self, country: Country, number_type: NumberType) -> Result<Vec<Bundle>, ProviderError>;

    /// What a country asks of those who use a type of number there; empty where it asks nothing.
    async fn regulations(
        &self,
        country: Country,
        number_type: NumberType,
    ) -> Result<Vec<Regulation>, ProviderError>;

    /// What the account pays each month for numbers of a country; empty for a country without any.
    async fn number_costs(&self, country: Country) -> Result<Vec<NumberCost>, ProviderError>;
}

/// The account as the provider describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountStatus {
    /// The account.
    pub account: AccountSid,
    /// Its name.
    pub friendly_name: String,
    /// Whether it may do anything.
    pub state: AccountState,
    /// Whether it is on trial, which limits what it may own and whom it may call.
    pub trial: bool,
    /// The account above a subaccount.
    pub parent: Option<AccountSid>,
}

/// Whether an account may do anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountState {
    /// Yes.
    Active,
    /// No, by the provider's decision or its owner's.
    Suspended,
    /// No, for good.
    Closed,
    /// A word of the provider's that we do not know.
    Other(String),
}

//! The adapter: [`TwilioClient`] is the face of both ports, and each flow behind it has a file of its own.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::{AccountSid, Country, Money, NumberCost, NumberType, PhoneNumber, ProviderIdentity};
use trunkline_provider::{
    AccountAddress, AccountStatus, AvailableNumber, Bought, Bundle, Listing, NumberProvider, NumberPurchase,
    NumberSettings, ProviderAccount, ProviderError, ProviderNumber, Regulation, ReleaseAnswer, SearchQuery,
    Sighting,
};

use crate::config::{HttpClientError, TwilioConfig, http_client};
use crate::transport::Transport;
use crate::{account, changes, locate, owned, pricing, regulatory, search};

/// Twilio as a supplier of numbers, and the operator's account there.
///
/// Every call, with its repeats and its wait for a place among the requests under way, ends within one
/// [`TwilioConfig::request_timeout`] of monotonic time; a listing within one for each page. A purchase is on the wire
/// at most once, and once more only after a rate limit, which Twilio does not process.
///
/// Dropping the future of a call that changes something leaves open whether it happened.
#[derive(Debug)]
pub struct TwilioClient {
    transport: Transport,
}

impl TwilioClient {
    /// The adapter over a client of the caller's, best one from [`Self::http_client`]: it must not follow redirects
    /// and must not repeat requests.
    pub fn new(http: reqwest::Client, config: TwilioConfig) -> Self {
        Self { transport: Transport::new(http, config) }
    }

    /// A client that does what [`Self::new`] asks: no redirects, no repeats, the configured connect timeout, and no
    /// proxy to a server on this machine.
    pub fn http_client(config: &TwilioConfig) -> Result<reqwest::Client, HttpClientError> {
        http_client(config)
    }
}

#[async_trait]
impl NumberProvider for TwilioClient {
    fn account(&self) -> Result<AccountSid, ProviderError> {
        Ok(self.transport.config().account_sid.clone())
    }

    async fn search(&self, query: &SearchQuery) -> Result<Vec<AvailableNumber>, ProviderError> {
        search::search(&self.transport, query).await
    }

    async fn types_offered(&self, country: Country) -> Result<Vec<NumberType>, ProviderError> {
        search::types_offered(&self.transport, country).await
    }

    async fn look(&self, phone_number: &PhoneNumber) -> Result<Sighting, ProviderError> {
        owned::look(&self.transport, phone_number).await
    }

    async fn buy(&self, purchase: &NumberPurchase) -> Result<Bought, ProviderError> {
        changes::buy(&self.transport, purchase).await
    }

    async fn fetch(&self, identity: &ProviderIdentity) -> Result<Option<ProviderNumber>, ProviderError> {
        owned::fetch(&self.transport, identity).await
    }

    async fn configure(
        &self,
        identity: &ProviderIdentity,
        settings: &NumberSettings,
    ) -> Result<ProviderNumber, ProviderError> {
        changes::configure(&self.transport, identity, settings).await
    }

    async fn release(&self, identity: &ProviderIdentity) -> Result<ReleaseAnswer, ProviderError> {
        changes::release(&self.transport, identity).await
    }

    async fn locate(&self, identity: &ProviderIdentity) -> Result<Option<AccountSid>, ProviderError> {
        locate::locate(&self.transport, identity).await
    }

    async fn list(&self) -> Result<Listing, ProviderError> {
        owned::list(&self.transport).await
    }
}

#[async_trait]
impl ProviderAccount for TwilioClient {
    async fn check_credentials(&self) -> Result<DateTime<Utc>, ProviderError> {
        owned::check_credentials(&self.transport).await
    }

    async fn account_status(&self) -> Result<AccountStatus, ProviderError> {
        account::status(&self.transport).await
    }

    async fn balance(&self) -> Result<Money, ProviderError> {
        account::balance(&self.transport).await
    }

    async fn addresses(&self) -> Result<Vec<AccountAddress>, ProviderError> {
        account::addresses(&self.transport).await
    }

    async fn bundles(&self, country: Country, number_type: NumberType) -> Result<Vec<Bundle>, ProviderError> {
        regulatory::bundles(&self.transport, country, number_type).await
    }

    async fn regulations(
        &self,
        country: Country,
        number_type: NumberType,
    ) -> Result<Vec<Regulation>, ProviderError> {
        regulatory::regulations(&self.transport, country, number_type).await
    }

    async fn number_costs(&self, country: Country) -> Result<Vec<NumberCost>, ProviderError> {
        pricing::number_costs(&self.transport, country).await
    }
}

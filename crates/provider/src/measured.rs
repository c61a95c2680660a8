//! Measures every call to a provider: by operation, outcome and time. A decorator over the ports, for whoever wants
//! to know how the provider does; the crate speaks to whatever recorder its host installs.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use metrics::{Unit, describe_histogram, histogram};
use trunkline_domain::{AccountSid, Country, Money, NumberCost, NumberType, PhoneNumber, ProviderIdentity};

use crate::{
    AccountAddress, AccountStatus, AvailableNumber, Bought, Bundle, Listing, NumberProvider, NumberPurchase,
    NumberSettings, ProviderAccount, ProviderError, ProviderNumber, Regulation, ReleaseAnswer, SearchQuery,
    Sighting,
};

const CALLS: &str = "trunkline_provider_call_duration_seconds";

/// Tells the installed recorder what this crate's metrics mean.
pub fn describe_metrics() {
    describe_histogram!(
        CALLS,
        Unit::Seconds,
        "How long calls to the provider take, retries included, by operation and outcome."
    );
}

/// A provider whose calls are measured. Behaves as the one inside in every other respect.
#[derive(Debug)]
pub struct Measured<P: ?Sized>(Arc<P>);

impl<P: ?Sized> Measured<P> {
    /// Measures the calls to this provider.
    pub fn new(provider: Arc<P>) -> Self {
        Self(provider)
    }
}

/// Waits for a call's answer and notes how it went. A call that nobody waits for any more is not noted.
async fn measured<T>(
    operation: &'static str,
    call: impl Future<Output = Result<T, ProviderError>>,
) -> Result<T, ProviderError> {
    let started = Instant::now();
    let answer = call.await;
    histogram!(CALLS, "operation" => operation, "outcome" => outcome(&answer)).record(started.elapsed());
    answer
}

const fn outcome<T>(answer: &Result<T, ProviderError>) -> &'static str {
    match answer {
        Ok(_) => "ok",
        Err(ProviderError::Refused { .. }) => "refused",
        Err(ProviderError::Unavailable { .. }) => "unavailable",
        Err(ProviderError::Unauthorized { .. }) => "unauthorized",
        Err(ProviderError::NotConfigured) => "not_configured",
        Err(ProviderError::OutcomeUnknown { .. }) => "unknown",
    }
}

#[async_trait]
impl<P: NumberProvider + ?Sized> NumberProvider for Measured<P> {
    /// Asks nobody, so there is nothing to measure.
    fn account(&self) -> Result<AccountSid, ProviderError> {
        self.0.account()
    }

    async fn search(&self, query: &SearchQuery) -> Result<Vec<AvailableNumber>, ProviderError> {
        measured("search", self.0.search(query)).await
    }

    async fn types_offered(&self, country: Country) -> Result<Vec<NumberType>, ProviderError> {
        measured("types_offered", self.0.types_offered(country)).await
    }

    async fn look(&self, phone_number: &PhoneNumber) -> Result<Sighting, ProviderError> {
        measured("look", self.0.look(phone_number)).await
    }

    async fn buy(&self, purchase: &NumberPurchase) -> Result<Bought, ProviderError> {
        measured("buy", self.0.buy(purchase)).await
    }

    async fn fetch(&self, identity: &ProviderIdentity) -> Result<Option<ProviderNumber>, ProviderError> {
        measured("fetch", self.0.fetch(identity)).await
    }

    async fn configure(
        &self,
        identity: &ProviderIdentity,
        settings: &NumberSettings,
    ) -> Result<ProviderNumber, ProviderError> {
        measured("configure", self.0.configure(identity, settings)).await
    }

    async fn release(&self, identity: &ProviderIdentity) -> Result<ReleaseAnswer, ProviderError> {
        measured("release", self.0.release(identity)).await
    }

    async fn locate(&self, identity: &ProviderIdentity) -> Result<Option<AccountSid>, ProviderError> {
        measured("locate", self.0.locate(identity)).await
    }

    async fn list(&self) -> Result<Listing, ProviderError> {
        measured("list", self.0.list()).await
    }
}

#[async_trait]
impl<P: ProviderAccount + ?Sized> ProviderAccount for Measured<P> {
    async fn check_credentials(&self) -> Result<DateTime<Utc>, ProviderError> {
        measured("check_credentials", self.0.check_credentials()).await
    }

    async fn account_status(&self) -> Result<AccountStatus, ProviderError> {
        measured("account_status", self.0.account_status()).await
    }

    async fn balance(&self) -> Result<Money, ProviderError> {
        measured("balance", self.0.balance()).await
    }

    async fn addresses(&self) -> Result<Vec<AccountAddress>, ProviderError> {
        measured("addresses", self.0.addresses()).await
    }

    async fn bundles(&self, country: Country, number_type: NumberType) -> Result<Vec<Bundle>, ProviderError> {
        measured("bundles", self.0.bundles(country, number_type)).await
    }

    async fn regulations(
        &self,
        country: Country,
        number_type: NumberType,
    ) -> Result<Vec<Regulation>, ProviderError> {
        measured("regulations", self.0.regulations(country, number_type)).await
    }

    async fn number_costs(&self, country: Country) -> Result<Vec<NumberCost>, ProviderError> {
        measured("number_costs", self.0.number_costs(country)).await
    }
}

#[cfg(test)]
mod tests {
    use metrics_util::debugging::DebuggingRecorder;

    use super::*;
    use crate::Unconfigured;

    #[tokio::test]
    async fn calls_are_measured_by_operation_and_outcome() {
        let recorder = DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        let _recording = metrics::set_default_local_recorder(&recorder);
        describe_metrics();
        let provider = Measured::new(Arc::new(Unconfigured));
        assert!(matches!(provider.account(), Err(ProviderError::NotConfigured)));
        for _ in 0..2 {
            assert!(matches!(provider.list().await, Err(ProviderError::NotConfigured)));
        }
        assert!(matches!(provider.balance().await, Err(ProviderError::NotConfigured)));
        let told = snapshotter.snapshot().into_vec().into_iter();
        let mut series: Vec<String> = told
            .map(|(key, _, description, _)| {
                assert!(description.is_some_and(|text| !text.is_empty()));
                let labels: Vec<&str> = key.key().labels().map(metrics::Label::value).collect();
                format!("{} {}", key.key().name(), labels.join(" "))
            })
            .collect();
        series.sort();
        assert_eq!(
            series,
            [
                "trunkline_provider_call_duration_seconds balance not_configured",
                "trunkline_provider_call_duration_seconds list not_configured",
            ]
        );
    }

    #[test]
    fn every_failure_has_an_outcome_of_its_own() {
        let (detail, source) = (String::new(), None);
        let failures = [
            Err(ProviderError::Refused { reason: crate::Refusal::Other, code: None, message: String::new() }),
            Err(ProviderError::Unavailable { retry_after: None, detail: detail.clone(), source: None }),
            Err(ProviderError::Unauthorized { code: None }),
            Err(ProviderError::NotConfigured),
            Err(ProviderError::OutcomeUnknown { detail, source }),
            Ok(()),
        ];
        let outcomes = failures.each_ref().map(outcome);
        let names = ["refused", "unavailable", "unauthorized", "not_configured", "unknown", "ok"];
        assert_eq!(outcomes, names);
    }
}

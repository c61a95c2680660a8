//! Ports that take their time: mocks answer at once, and a saga that never waits cannot be interrupted.

use std::time::Duration;

use async_trait::async_trait;
use trunkline_domain::{AccountSid, Change, Country, NumberType, PhoneNumber, ProviderIdentity, RequestKey};
use trunkline_provider::{
    AvailableNumber, Bought, Listing, MockNumberProvider, NumberProvider, NumberPurchase, NumberSettings,
    ProviderError, ProviderNumber, ReleaseAnswer, SearchQuery, Sighting,
};
use trunkline_provisioning::port::{
    LateSuccess, MockPurchaseStore, OpenAnswer, PurchaseAbort, PurchaseOpening, PurchaseParking,
    PurchaseReferral, PurchaseSettlement, PurchaseStore, Repeat, SettleAnswer, StalledOrder, StoreError,
    Transition,
};
use trunkline_provisioning::{LeaseTerms, PurchaseEnd};

/// How long every call takes, by the paused clock.
#[derive(Clone, Copy, Default)]
pub(crate) struct Delay(Option<Duration>);

impl Delay {
    pub(crate) const fn of(time: Duration) -> Self {
        Self(Some(time))
    }

    /// Waits so long, or at least lets everybody else run once.
    async fn pass(self) {
        match self.0 {
            Some(time) => tokio::time::sleep(time).await,
            None => tokio::task::yield_now().await,
        }
    }
}

/// A provider whose calls wait before and after they act.
pub(crate) struct LingeringProvider {
    inner: MockNumberProvider,
    search: Delay,
    buy: Delay,
    release: Delay,
    list: Delay,
}

impl LingeringProvider {
    pub(crate) fn new(inner: MockNumberProvider) -> Self {
        let none = Delay::default();
        Self { inner, search: none, buy: none, release: none, list: none }
    }

    pub(crate) fn with_search(mut self, search: Delay) -> Self {
        self.search = search;
        self
    }

    pub(crate) fn with_buy(mut self, buy: Delay) -> Self {
        self.buy = buy;
        self
    }

    pub(crate) fn with_release(mut self, release: Delay) -> Self {
        self.release = release;
        self
    }

    pub(crate) fn with_list(mut self, list: Delay) -> Self {
        self.list = list;
        self
    }
}

#[async_trait]
impl NumberProvider for LingeringProvider {
    fn account(&self) -> Result<AccountSid, ProviderError> {
        self.inner.account()
    }

    async fn search(&self, query: &SearchQuery) -> Result<Vec<AvailableNumber>, ProviderError> {
        self.search.pass().await;
        self.inner.search(query).await
    }

    async fn types_offered(&self, country: Country) -> Result<Vec<NumberType>, ProviderError> {
        self.inner.types_offered(country).await
    }

    async fn look(&self, phone_number: &PhoneNumber) -> Result<Sighting, ProviderError> {
        Delay::default().pass().await;
        let answer = self.inner.look(phone_number).await;
        Delay::default().pass().await;
        answer
    }

    async fn buy(&self, purchase: &NumberPurchase) -> Result<Bought, ProviderError> {
        self.buy.pass().await;
        let answer = self.inner.buy(purchase).await;
        Delay::default().pass().await;
        answer
    }

    async fn fetch(&self, identity: &ProviderIdentity) -> Result<Option<ProviderNumber>, ProviderError> {
        self.inner.fetch(identity).await
    }

    async fn configure(
        &self,
        identity: &ProviderIdentity,
        settings: &NumberSettings,
    ) -> Result<ProviderNumber, ProviderError> {
        Delay::default().pass().await;
        self.inner.configure(identity, settings).await
    }

    async fn release(&self, identity: &ProviderIdentity) -> Result<ReleaseAnswer, ProviderError> {
        self.release.pass().await;
        let answer = self.inner.release(identity).await;
        Delay::default().pass().await;
        answer
    }

    async fn locate(&self, identity: &ProviderIdentity) -> Result<Option<AccountSid>, ProviderError> {
        self.inner.locate(identity).await
    }

    async fn list(&self) -> Result<Listing, ProviderError> {
        self.list.pass().await;
        self.inner.list().await
    }
}

/// A store whose transitions wait before and after they are made.
pub(crate) struct LingeringPurchases {
    inner: MockPurchaseStore,
    open: Delay,
}

impl LingeringPurchases {
    pub(crate) fn new(inner: MockPurchaseStore) -> Self {
        Self::delayed(inner, Delay::default())
    }

    /// Opening an order takes so long.
    pub(crate) const fn delayed(inner: MockPurchaseStore, open: Delay) -> Self {
        Self { inner, open }
    }
}

#[async_trait]
impl PurchaseStore for LingeringPurchases {
    async fn open(&self, change: &Change<PurchaseOpening>) -> Result<OpenAnswer, StoreError> {
        Delay::default().pass().await;
        let answer = self.inner.open(change).await;
        self.open.pass().await;
        answer
    }

    async fn repeat(&self, request: &RequestKey) -> Result<Option<Repeat<PurchaseEnd>>, StoreError> {
        self.inner.repeat(request).await
    }

    async fn settle(&self, change: &Change<PurchaseSettlement>) -> Result<SettleAnswer, StoreError> {
        Delay::default().pass().await;
        let answer = self.inner.settle(change).await;
        Delay::default().pass().await;
        answer
    }

    async fn abort(&self, change: &Change<PurchaseAbort>) -> Result<Transition, StoreError> {
        Delay::default().pass().await;
        let answer = self.inner.abort(change).await;
        Delay::default().pass().await;
        answer
    }

    async fn park(&self, change: &Change<PurchaseParking>) -> Result<Transition, StoreError> {
        Delay::default().pass().await;
        let answer = self.inner.park(change).await;
        Delay::default().pass().await;
        answer
    }

    async fn refer(&self, change: &Change<PurchaseReferral>) -> Result<Transition, StoreError> {
        self.inner.refer(change).await
    }

    async fn record_late_success(&self, change: &Change<LateSuccess>) -> Result<Transition, StoreError> {
        self.inner.record_late_success(change).await
    }

    async fn claim_stalled(&self, terms: LeaseTerms, limit: u16) -> Result<Vec<StalledOrder>, StoreError> {
        self.inner.claim_stalled(terms, limit).await
    }
}

//! Releases' transitions.

use async_trait::async_trait;
use trunkline_domain::{Change, RequestKey};
use trunkline_provisioning::port::{
    ReleaseAnswer, ReleaseEnd, ReleaseOpening, ReleaseParking, ReleaseReferral, ReleaseReturn, ReleaseStore,
    ReleaseTransition, Repeat, StalledRelease, StoreError,
};
use trunkline_provisioning::{LeaseTerms, ReleaseOutcome};

use super::Link;

#[async_trait]
impl ReleaseStore for Link {
    async fn begin(&self, change: &Change<ReleaseOpening>) -> Result<ReleaseAnswer, StoreError> {
        self.process.ask_store("releases.begin", || ReleaseStore::begin(&self.store, change)).await
    }

    async fn repeat(&self, request: &RequestKey) -> Result<Option<Repeat<ReleaseOutcome>>, StoreError> {
        self.process.ask_store("releases.repeat", || ReleaseStore::repeat(&self.store, request)).await
    }

    async fn finish(&self, change: &Change<ReleaseEnd>) -> Result<ReleaseTransition, StoreError> {
        self.process.ask_store("releases.finish", || ReleaseStore::finish(&self.store, change)).await
    }

    async fn give_back(&self, change: &Change<ReleaseReturn>) -> Result<ReleaseTransition, StoreError> {
        self.process.ask_store("releases.give_back", || self.store.give_back(change)).await
    }

    async fn park(&self, change: &Change<ReleaseParking>) -> Result<ReleaseTransition, StoreError> {
        self.process.ask_store("releases.park", || ReleaseStore::park(&self.store, change)).await
    }

    async fn refer(&self, change: &Change<ReleaseReferral>) -> Result<ReleaseTransition, StoreError> {
        self.process.ask_store("releases.refer", || ReleaseStore::refer(&self.store, change)).await
    }

    async fn claim_stalled(&self, terms: LeaseTerms, limit: u16) -> Result<Vec<StalledRelease>, StoreError> {
        let call = || ReleaseStore::claim_stalled(&self.store, terms, limit);
        self.process.ask_store("releases.claim_stalled", call).await
    }
}

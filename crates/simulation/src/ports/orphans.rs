//! Orphans and passes.

use std::time::Duration;

use async_trait::async_trait;
use trunkline_domain::{Change, ProviderIdentity};
use trunkline_provisioning::LeaseTerms;
use trunkline_provisioning::port::{
    LeftoverOpening, OrphanAnswer, OrphanEnd, OrphanOpening, OrphanParking, OrphanReferral, OrphanStanding,
    OrphanStore, PassLease, PassResult, StalledOrphan, StoreError,
};

use super::Link;

#[async_trait]
impl OrphanStore for Link {
    async fn begin(&self, change: &Change<OrphanOpening>) -> Result<OrphanAnswer, StoreError> {
        self.witness.sees_an_orphan();
        self.process.ask_store("orphans.begin", || OrphanStore::begin(&self.store, change)).await
    }

    async fn begin_leftover(&self, change: &Change<LeftoverOpening>) -> Result<OrphanAnswer, StoreError> {
        self.witness.sees_an_orphan();
        self.process.ask_store("orphans.begin_leftover", || self.store.begin_leftover(change)).await
    }

    async fn finish(&self, change: &Change<OrphanEnd>) -> Result<bool, StoreError> {
        self.process.ask_store("orphans.finish", || OrphanStore::finish(&self.store, change)).await
    }

    async fn park(&self, change: &Change<OrphanParking>) -> Result<bool, StoreError> {
        self.process.ask_store("orphans.park", || OrphanStore::park(&self.store, change)).await
    }

    async fn refer(&self, change: &Change<OrphanReferral>) -> Result<bool, StoreError> {
        self.process.ask_store("orphans.refer", || OrphanStore::refer(&self.store, change)).await
    }

    async fn claim_stalled(&self, terms: LeaseTerms, limit: u16) -> Result<Vec<StalledOrphan>, StoreError> {
        let call = || OrphanStore::claim_stalled(&self.store, terms, limit);
        self.process.ask_store("orphans.claim_stalled", call).await
    }

    async fn orphan_standing(
        &self,
        identity: &ProviderIdentity,
    ) -> Result<Option<OrphanStanding>, StoreError> {
        self.process.ask_store("orphans.orphan_standing", || self.store.orphan_standing(identity)).await
    }

    async fn begin_pass(&self, terms: LeaseTerms, every: Duration) -> Result<Option<PassLease>, StoreError> {
        self.process.ask_store("orphans.begin_pass", || self.store.begin_pass(terms, every)).await
    }

    async fn renew_pass(&self, pass: PassLease, terms: LeaseTerms) -> Result<bool, StoreError> {
        self.process.ask_store("orphans.renew_pass", || self.store.renew_pass(pass, terms)).await
    }

    async fn finish_pass(&self, change: &Change<PassResult>) -> Result<u64, StoreError> {
        self.process.ask_store("orphans.finish_pass", || self.store.finish_pass(change)).await
    }
}

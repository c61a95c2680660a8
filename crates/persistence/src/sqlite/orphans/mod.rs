//! Orphans and passes: the port to what the provider holds for orders that failed here.

mod begin;
mod leftover;
mod pass;
mod progress;
mod row;

use std::time::Duration;

use async_trait::async_trait;
use trunkline_domain::Change;
use trunkline_provisioning::LeaseTerms;
use trunkline_provisioning::port::{
    LeftoverOpening, OrphanAnswer, OrphanEnd, OrphanOpening, OrphanParking, OrphanReferral, OrphanStore,
    PassLease, PassResult, StalledOrphan, StoreError,
};

use self::pass::BeginPass;
use self::progress::ClaimStalledOrphans;
use super::SqliteStore;

#[async_trait]
impl OrphanStore for SqliteStore {
    async fn begin(&self, change: &Change<OrphanOpening>) -> Result<OrphanAnswer, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn begin_leftover(&self, change: &Change<LeftoverOpening>) -> Result<OrphanAnswer, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn finish(&self, change: &Change<OrphanEnd>) -> Result<bool, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn park(&self, change: &Change<OrphanParking>) -> Result<bool, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn refer(&self, change: &Change<OrphanReferral>) -> Result<bool, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn claim_stalled(&self, terms: LeaseTerms, limit: u16) -> Result<Vec<StalledOrphan>, StoreError> {
        Ok(self.writer.write(ClaimStalledOrphans { terms, limit }).await?)
    }

    async fn begin_pass(&self, terms: LeaseTerms, every: Duration) -> Result<Option<PassLease>, StoreError> {
        Ok(self.writer.write(BeginPass { terms, every }).await?)
    }

    async fn finish_pass(&self, change: &Change<PassResult>) -> Result<u64, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }
}

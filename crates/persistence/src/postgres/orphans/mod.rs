//! Orphans and passes: the port to what the provider holds for orders that failed here.

mod begin;
mod pass;
mod progress;

use std::time::Duration;

use async_trait::async_trait;
use trunkline_domain::{Change, ProviderIdentity};
use trunkline_provisioning::LeaseTerms;
use trunkline_provisioning::port::{
    LeftoverOpening, OrphanAnswer, OrphanEnd, OrphanOpening, OrphanParking, OrphanReferral, OrphanStanding,
    OrphanStore, PassLease, PassResult, StalledOrphan, StoreError,
};

use super::PostgresStore;
use crate::codec::named;
use crate::error::Failure;

#[async_trait]
impl OrphanStore for PostgresStore {
    async fn begin(&self, change: &Change<OrphanOpening>) -> Result<OrphanAnswer, StoreError> {
        Ok(self.begin_orphan(change).await?)
    }

    async fn begin_leftover(&self, change: &Change<LeftoverOpening>) -> Result<OrphanAnswer, StoreError> {
        Ok(self.begin_leftover_release(change).await?)
    }

    async fn finish(&self, change: &Change<OrphanEnd>) -> Result<bool, StoreError> {
        Ok(self.finish_orphan(change).await?)
    }

    async fn park(&self, change: &Change<OrphanParking>) -> Result<bool, StoreError> {
        Ok(self.park_orphan(change).await?)
    }

    async fn refer(&self, change: &Change<OrphanReferral>) -> Result<bool, StoreError> {
        Ok(self.refer_orphan(change).await?)
    }

    async fn claim_stalled(&self, terms: LeaseTerms, limit: u16) -> Result<Vec<StalledOrphan>, StoreError> {
        Ok(self.claim_stalled_orphans(terms, limit).await?)
    }

    async fn begin_pass(&self, terms: LeaseTerms, every: Duration) -> Result<Option<PassLease>, StoreError> {
        Ok(self.take_pass(terms, every).await?)
    }

    async fn renew_pass(&self, pass: PassLease, terms: LeaseTerms) -> Result<bool, StoreError> {
        Ok(self.keep_pass(pass, terms).await?)
    }

    async fn orphan_standing(
        &self,
        identity: &ProviderIdentity,
    ) -> Result<Option<OrphanStanding>, StoreError> {
        Ok(self.find_orphan_standing(identity).await?)
    }

    async fn finish_pass(&self, change: &Change<PassResult>) -> Result<u64, StoreError> {
        Ok(self.end_pass(change).await?)
    }
}

impl PostgresStore {
    async fn find_orphan_standing(
        &self,
        identity: &ProviderIdentity,
    ) -> Result<Option<OrphanStanding>, Failure> {
        let query = sqlx::query_as(
            "SELECT state FROM trunkline.orphan_release WHERE twilio_sid = $1 AND twilio_account_sid = $2",
        )
        .bind(identity.number.as_str())
        .bind(identity.account.as_str());
        let row: Option<(String,)> = self.pool.find(query).await?;
        let standing =
            row.map(|(name,)| named("orphan_release.state", &name, OrphanStanding::from_name)).transpose()?;
        Ok(standing)
    }
}

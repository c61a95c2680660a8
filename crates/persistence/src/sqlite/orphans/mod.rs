//! Orphans and passes: the port to what the provider holds for orders that failed here.

mod begin;
mod leftover;
mod pass;
mod progress;
mod row;

use std::time::Duration;

use async_trait::async_trait;
use trunkline_domain::{Change, ProviderIdentity};
use trunkline_provisioning::LeaseTerms;
use trunkline_provisioning::port::{
    LeftoverOpening, OrphanAnswer, OrphanEnd, OrphanOpening, OrphanParking, OrphanReferral, OrphanStanding,
    OrphanStore, PassLease, PassResult, StalledOrphan, StoreError,
};

use self::pass::{BeginPass, RenewPass};
use self::progress::ClaimStalledOrphans;
use super::SqliteStore;
use crate::codec::named;
use crate::error::Failure;

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

    async fn renew_pass(&self, pass: PassLease, terms: LeaseTerms) -> Result<bool, StoreError> {
        Ok(self.writer.write(RenewPass { pass, terms }).await?)
    }

    async fn orphan_standing(
        &self,
        identity: &ProviderIdentity,
    ) -> Result<Option<OrphanStanding>, StoreError> {
        Ok(self.find_orphan_standing(identity).await?)
    }

    async fn finish_pass(&self, change: &Change<PassResult>) -> Result<u64, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }
}

impl SqliteStore {
    async fn find_orphan_standing(
        &self,
        identity: &ProviderIdentity,
    ) -> Result<Option<OrphanStanding>, Failure> {
        let mut connection = self.readers.one().await?;
        let state: Option<String> = sqlx::query_scalar(
            "SELECT state FROM orphan_release WHERE twilio_sid = ?1 AND twilio_account_sid = ?2",
        )
        .bind(identity.number.as_str())
        .bind(identity.account.as_str())
        .fetch_optional(&mut *connection)
        .await?;
        let standing =
            state.map(|name| named("orphan_release.state", &name, OrphanStanding::from_name)).transpose()?;
        Ok(standing)
    }
}

//! What an operator decides about numbers: the port, and the way to the functions that store it.

mod adopt;
mod files;
mod restore;
mod review;

use async_trait::async_trait;
use trunkline_domain::Change;
use trunkline_provisioning::port::{
    AdoptAnswer, Adoption, DecisionStore, NumberFiles, NumberName, OrphanFile, OrphanResumeAnswer,
    OrphanResumption, ReleaseResumption, ReleaseStop, ReleaseTransition, Restoration, RestoreAnswer,
    ResumeAnswer, ReviewKeeping, StoppedReleases, StoreError, WriteOff,
};

pub(super) use self::adopt::order_row;
use super::PostgresStore;

#[async_trait]
impl DecisionStore for PostgresStore {
    async fn files(&self, name: &NumberName) -> Result<NumberFiles, StoreError> {
        Ok(self.find_files(name).await?)
    }

    async fn orphans_in_review(&self, limit: u16) -> Result<Vec<OrphanFile>, StoreError> {
        Ok(self.find_orphans_in_review(limit).await?)
    }

    async fn adopt(&self, change: &Change<Adoption>) -> Result<AdoptAnswer, StoreError> {
        Ok(self.adopt_number(change).await?)
    }

    async fn restore(&self, change: &Change<Restoration>) -> Result<RestoreAnswer, StoreError> {
        Ok(self.restore_number(change).await?)
    }

    async fn write_off(&self, change: &Change<WriteOff>) -> Result<ReleaseTransition, StoreError> {
        Ok(self.write_number_off(change).await?)
    }

    async fn resume_release(&self, change: &Change<ReleaseResumption>) -> Result<ResumeAnswer, StoreError> {
        Ok(self.resume_stopped_release(change).await?)
    }

    async fn keep(&self, change: &Change<ReviewKeeping>) -> Result<ReleaseTransition, StoreError> {
        Ok(self.keep_number(change).await?)
    }

    async fn stop_releases(&self, change: &Change<ReleaseStop>) -> Result<StoppedReleases, StoreError> {
        Ok(self.stop_every_release(change).await?)
    }

    async fn resume_orphan(
        &self,
        change: &Change<OrphanResumption>,
    ) -> Result<OrphanResumeAnswer, StoreError> {
        Ok(self.resume_stopped_orphan(change).await?)
    }
}

//! What an operator decides about numbers: the port, and the files that decisions are made on.

mod adopt;
mod files;
mod restore;
mod review;
mod write_off;

use async_trait::async_trait;
use trunkline_domain::Change;
use trunkline_provisioning::port::{
    AdoptAnswer, Adoption, DecisionStore, NumberFiles, NumberName, OrphanFile, OrphanResumeAnswer,
    OrphanResumption, ReleaseResumption, ReleaseStop, ReleaseTransition, Restoration, RestoreAnswer,
    ResumeAnswer, ReviewKeeping, StoppedReleases, StoreError, WriteOff,
};

use super::SqliteStore;

#[async_trait]
impl DecisionStore for SqliteStore {
    async fn files(&self, name: &NumberName) -> Result<NumberFiles, StoreError> {
        Ok(self.find_files(name).await?)
    }

    async fn orphans_in_review(&self, limit: u16) -> Result<Vec<OrphanFile>, StoreError> {
        Ok(self.find_orphans_in_review(limit).await?)
    }

    async fn adopt(&self, change: &Change<Adoption>) -> Result<AdoptAnswer, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn restore(&self, change: &Change<Restoration>) -> Result<RestoreAnswer, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn write_off(&self, change: &Change<WriteOff>) -> Result<ReleaseTransition, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn resume_release(&self, change: &Change<ReleaseResumption>) -> Result<ResumeAnswer, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn keep(&self, change: &Change<ReviewKeeping>) -> Result<ReleaseTransition, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn stop_releases(&self, change: &Change<ReleaseStop>) -> Result<StoppedReleases, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn resume_orphan(
        &self,
        change: &Change<OrphanResumption>,
    ) -> Result<OrphanResumeAnswer, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }
}

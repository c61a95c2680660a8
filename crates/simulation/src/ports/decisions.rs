//! An operator's decisions: no schedule has an operator, so nothing here meets a fate, and a trace knows nothing of it.

use async_trait::async_trait;
use trunkline_domain::Change;
use trunkline_provisioning::port::{
    AdoptAnswer, Adoption, DecisionStore, NumberFiles, NumberName, OrphanFile, OrphanResumeAnswer,
    OrphanResumption, ReleaseResumption, ReleaseStop, ReleaseTransition, Restoration, RestoreAnswer,
    ResumeAnswer, ReviewKeeping, StoppedReleases, StoreError, WriteOff,
};

use super::Link;

#[async_trait]
impl DecisionStore for Link {
    async fn files(&self, name: &NumberName) -> Result<NumberFiles, StoreError> {
        self.store.files(name).await
    }

    async fn orphans_in_review(&self, limit: u16) -> Result<Vec<OrphanFile>, StoreError> {
        self.store.orphans_in_review(limit).await
    }

    async fn adopt(&self, change: &Change<Adoption>) -> Result<AdoptAnswer, StoreError> {
        self.store.adopt(change).await
    }

    async fn restore(&self, change: &Change<Restoration>) -> Result<RestoreAnswer, StoreError> {
        self.store.restore(change).await
    }

    async fn write_off(&self, change: &Change<WriteOff>) -> Result<ReleaseTransition, StoreError> {
        self.store.write_off(change).await
    }

    async fn resume_release(&self, change: &Change<ReleaseResumption>) -> Result<ResumeAnswer, StoreError> {
        self.store.resume_release(change).await
    }

    async fn keep(&self, change: &Change<ReviewKeeping>) -> Result<ReleaseTransition, StoreError> {
        self.store.keep(change).await
    }

    async fn stop_releases(&self, change: &Change<ReleaseStop>) -> Result<StoppedReleases, StoreError> {
        self.store.stop_releases(change).await
    }

    async fn resume_orphan(
        &self,
        change: &Change<OrphanResumption>,
    ) -> Result<OrphanResumeAnswer, StoreError> {
        self.store.resume_orphan(change).await
    }
}

//! The port of releases.

use async_trait::async_trait;
use trunkline_domain::{Change, RequestKey};
use trunkline_provisioning::port::{
    ReleaseAnswer, ReleaseEnd, ReleaseOpening, ReleaseParking, ReleaseReferral, ReleaseReturn, ReleaseStore,
    ReleaseTransition, Repeat, StalledRelease, StoreError,
};
use trunkline_provisioning::{LeaseTerms, ReleaseOutcome};

use crate::codec::readable;
use crate::columns::number_columns;
use crate::error::Fault;
use crate::row::NumberRow;
use crate::sqlite::SqliteStore;
use crate::sqlite::time;
use crate::sqlite::writer::{Decision, Transaction, Work};

#[async_trait]
impl ReleaseStore for SqliteStore {
    async fn begin(&self, change: &Change<ReleaseOpening>) -> Result<ReleaseAnswer, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn repeat(&self, request: &RequestKey) -> Result<Option<Repeat<ReleaseOutcome>>, StoreError> {
        Ok(self.repeat_of(request).await?)
    }

    async fn finish(&self, change: &Change<ReleaseEnd>) -> Result<ReleaseTransition, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn give_back(&self, change: &Change<ReleaseReturn>) -> Result<ReleaseTransition, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn park(&self, change: &Change<ReleaseParking>) -> Result<ReleaseTransition, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn refer(&self, change: &Change<ReleaseReferral>) -> Result<ReleaseTransition, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn claim_stalled(&self, terms: LeaseTerms, limit: u16) -> Result<Vec<StalledRelease>, StoreError> {
        Ok(self.writer.write(ClaimStalledReleases { terms, limit }).await?)
    }
}

/// Takes over releases whose lease has run out and whose next attempt is due, longest waiting first.
struct ClaimStalledReleases {
    terms: LeaseTerms,
    limit: u16,
}

#[async_trait]
impl Work for ClaimStalledReleases {
    type Answer = Vec<StalledRelease>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Decision<Self::Answer>, Fault> {
        let due: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM business_numbers
             WHERE status = 'releasing'
               AND (release_leased_until IS NULL OR release_leased_until <= ?1)
               AND (release_next_attempt_at IS NULL OR release_next_attempt_at <= ?1)
             ORDER BY updated_at, id LIMIT ?2",
        )
        .bind(transaction.now_text())
        .bind(self.limit)
        .fetch_all(&mut *transaction.connection)
        .await?;
        let leased_until = time::to_text(transaction.now + self.terms.lease);
        let mut taken = Vec::with_capacity(due.len());
        for id in due {
            let row: NumberRow = sqlx::query_as(concat!(
                "UPDATE business_numbers SET release_lease = release_lease + 1, release_leased_until = ?2
                 WHERE id = ?1 RETURNING ",
                number_columns!()
            ))
            .bind(&id)
            .bind(&leased_until)
            .fetch_one(&mut *transaction.connection)
            .await?;
            taken.extend(readable("number", &id, row.stalled())?);
        }
        Ok(Decision::Applied(taken))
    }
}

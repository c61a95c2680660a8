//! The port of releases.

use async_trait::async_trait;
use trunkline_domain::{Change, NumberEvent, NumberStatus, RequestKey};
use trunkline_provisioning::port::{
    ReleaseAnswer, ReleaseEnd, ReleaseOpening, ReleaseParking, ReleaseReferral, ReleaseReturn, ReleaseStore,
    ReleaseTransition, Repeat, StalledRelease, StoreError,
};
use trunkline_provisioning::{LeaseTerms, ReleaseOutcome};

use crate::codec::{readable, text};
use crate::columns::number_columns;
use crate::error::{Failure, Fault};
use crate::postgres::PostgresStore;
use crate::postgres::cells::interval;
use crate::row::NumberRow;

#[async_trait]
impl ReleaseStore for PostgresStore {
    async fn begin(&self, change: &Change<ReleaseOpening>) -> Result<ReleaseAnswer, StoreError> {
        Ok(self.begin_release(change).await?)
    }

    async fn repeat(&self, request: &RequestKey) -> Result<Option<Repeat<ReleaseOutcome>>, StoreError> {
        Ok(self.repeat_of(request).await?)
    }

    async fn finish(&self, change: &Change<ReleaseEnd>) -> Result<ReleaseTransition, StoreError> {
        Ok(self.finish_release(change).await?)
    }

    async fn give_back(&self, change: &Change<ReleaseReturn>) -> Result<ReleaseTransition, StoreError> {
        Ok(self.give_release_back(change).await?)
    }

    async fn park(&self, change: &Change<ReleaseParking>) -> Result<ReleaseTransition, StoreError> {
        Ok(self.park_release(change).await?)
    }

    async fn refer(&self, change: &Change<ReleaseReferral>) -> Result<ReleaseTransition, StoreError> {
        Ok(self.refer_release(change).await?)
    }

    async fn claim_stalled(&self, terms: LeaseTerms, limit: u16) -> Result<Vec<StalledRelease>, StoreError> {
        Ok(self.claim_stalled_releases(terms, limit).await?)
    }
}

impl PostgresStore {
    /// Takes over releases whose lease has run out and whose next attempt is due, longest waiting first. What another
    /// worker takes over at this moment is left to it.
    async fn claim_stalled_releases(
        &self,
        terms: LeaseTerms,
        limit: u16,
    ) -> Result<Vec<StalledRelease>, Failure> {
        let query = sqlx::query_as(concat!(
            "WITH clock AS MATERIALIZED (SELECT trunkline.lease_time_1($1) AS now),
             due AS (
                 SELECT waiting.id FROM trunkline.business_numbers waiting, clock
                 WHERE waiting.status = 'releasing'
                   AND (waiting.release_leased_until IS NULL OR waiting.release_leased_until <= clock.now)
                   AND (waiting.release_next_attempt_at IS NULL OR waiting.release_next_attempt_at <= clock.now)
                 ORDER BY waiting.updated_at, waiting.id LIMIT $2
                 FOR NO KEY UPDATE OF waiting SKIP LOCKED
             ),
             taken AS (
                 UPDATE trunkline.business_numbers ours
                 SET release_lease = ours.release_lease + 1, release_leased_until = clock.now + $3
                 FROM due, clock WHERE ours.id = due.id
                 RETURNING ours AS number_row
             )
             SELECT ",
            number_columns!(),
            " FROM taken CROSS JOIN LATERAL (SELECT (taken.number_row).*) AS number_row ORDER BY updated_at, id"
        ))
        .bind(self.lease_time.given())
        .bind(i64::from(limit))
        .bind(interval(terms.lease));
        let taken: Vec<NumberRow> = self.pool.take(query).await?;
        let stalled = taken.iter().map(|row| readable("number", &text(row.id.0), row.stalled()));
        Ok(stalled.filter_map(Result::transpose).collect::<Result<_, Fault>>()?)
    }
}

/// The statuses that something may happen in, for binding.
pub(in crate::postgres) fn statuses_before(event: NumberEvent) -> Vec<&'static str> {
    NumberStatus::ALL
        .into_iter()
        .filter(|status| status.after(event).is_ok())
        .map(NumberStatus::as_str)
        .collect()
}

//! What follows the beginning of an orphan's release.

use sqlx::types::Json;
use trunkline_domain::Change;
use trunkline_provisioning::LeaseTerms;
use trunkline_provisioning::port::{OrphanEnd, OrphanParking, OrphanReferral, StalledOrphan};

use crate::codec::readable;
use crate::columns::orphan_columns;
use crate::error::{Failure, Fault};
use crate::postgres::PostgresStore;
use crate::postgres::cells::interval;
use crate::row::OrphanRow;

impl PostgresStore {
    pub(super) async fn finish_orphan(&self, change: &Change<OrphanEnd>) -> Result<bool, Failure> {
        let end = &change.body;
        let query = sqlx::query_as("SELECT trunkline.finish_orphan_1($1, $2, $3, $4)")
            .bind(end.identity.number.as_str())
            .bind(end.at)
            .bind(Json(&change.events))
            .bind(Json(&change.audit));
        let (is_gone,) = self.pool.change(query).await?;
        Ok(is_gone)
    }

    pub(super) async fn park_orphan(&self, change: &Change<OrphanParking>) -> Result<bool, Failure> {
        let parking = &change.body;
        let query = sqlx::query_as("SELECT trunkline.park_orphan_1($1, $2, $3, $4, $5, $6, $7, $8)")
            .bind(parking.identity.number.as_str())
            .bind(parking.lease.as_i64())
            .bind(interval(parking.next_attempt_in))
            .bind(i64::from(parking.attempts))
            .bind(parking.at)
            .bind(Json(&change.events))
            .bind(Json(&change.audit))
            .bind(self.lease_time.given());
        let (is_parked,) = self.pool.change(query).await?;
        Ok(is_parked)
    }

    pub(super) async fn refer_orphan(&self, change: &Change<OrphanReferral>) -> Result<bool, Failure> {
        let referral = &change.body;
        let query = sqlx::query_as("SELECT trunkline.refer_orphan_1($1, $2, $3, $4, $5, $6)")
            .bind(referral.identity.number.as_str())
            .bind(referral.lease.as_i64())
            .bind(referral.reason.as_str())
            .bind(referral.at)
            .bind(Json(&change.events))
            .bind(Json(&change.audit));
        let (is_referred,) = self.pool.change(query).await?;
        Ok(is_referred)
    }

    /// Takes over orphans whose lease has run out and whose next attempt is due, oldest first. What another worker
    /// takes over at this moment is left to it.
    pub(super) async fn claim_stalled_orphans(
        &self,
        terms: LeaseTerms,
        limit: u16,
    ) -> Result<Vec<StalledOrphan>, Failure> {
        let query = sqlx::query_as(concat!(
            "WITH clock AS MATERIALIZED (SELECT trunkline.lease_time_1($1) AS now),
             due AS (
                 SELECT waiting.twilio_sid FROM trunkline.orphan_release waiting, clock
                 WHERE waiting.state = 'releasing'
                   AND (waiting.leased_until IS NULL OR waiting.leased_until <= clock.now)
                   AND (waiting.next_attempt_at IS NULL OR waiting.next_attempt_at <= clock.now)
                 ORDER BY waiting.created_at, waiting.twilio_sid LIMIT $2
                 FOR NO KEY UPDATE OF waiting SKIP LOCKED
             ),
             taken AS (
                 UPDATE trunkline.orphan_release ours SET lease = ours.lease + 1, leased_until = clock.now + $3
                 FROM due, clock WHERE ours.twilio_sid = due.twilio_sid
                 RETURNING ours AS orphan_row
             )
             SELECT ",
            orphan_columns!(),
            " FROM taken CROSS JOIN LATERAL (SELECT (taken.orphan_row).*) AS orphan_row ORDER BY created_at, twilio_sid"
        ))
        .bind(self.lease_time.given())
        .bind(i64::from(limit))
        .bind(interval(terms.lease));
        let taken: Vec<OrphanRow> = self.pool.take(query).await?;
        let stalled = taken.iter().map(|row| readable("orphan", &row.twilio_sid, row.stalled()));
        Ok(stalled.filter_map(Result::transpose).collect::<Result<_, Fault>>()?)
    }
}

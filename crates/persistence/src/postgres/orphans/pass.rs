//! Passes over the provider's inventory: one at a time, and what a complete one ends.

use std::time::Duration;

use sqlx::FromRow;
use sqlx::types::Json;
use trunkline_domain::{Change, PhoneNumber};
use trunkline_provisioning::port::{PassLease, PassResult};
use trunkline_provisioning::{LeaseTerms, LeaseToken};

use crate::cell::Moment;
use crate::error::Failure;
use crate::postgres::PostgresStore;
use crate::postgres::cells::interval;

#[derive(FromRow)]
struct PassRow {
    lease: i64,
    begun_at: Moment,
}

impl PostgresStore {
    /// Takes the right to make the next pass.
    pub(super) async fn take_pass(
        &self,
        terms: LeaseTerms,
        every: Duration,
    ) -> Result<Option<PassLease>, Failure> {
        let query = sqlx::query_as(
            "INSERT INTO trunkline.inventory_pass AS last (only_row, lease, leased_until, begun_at)
             SELECT TRUE, 1, clock.now + $2, clock.now
             FROM (SELECT trunkline.lease_time_1($1) AS now OFFSET 0) AS clock
             ON CONFLICT (only_row) DO UPDATE SET
                 lease = last.lease + 1, leased_until = excluded.leased_until, begun_at = excluded.begun_at
             WHERE (last.leased_until IS NULL OR last.leased_until <= excluded.begun_at)
               AND (last.ended_at IS NULL OR last.ended_at + $3 <= excluded.begun_at)
             RETURNING lease, begun_at",
        )
        .bind(self.lease_time.given())
        .bind(interval(terms.lease))
        .bind(interval(every));
        let taken: Vec<PassRow> = self.pool.take(query).await?;
        Ok(taken
            .first()
            .map(|row| PassLease { lease: LeaseToken::from_i64(row.lease), begun_at: row.begun_at.time() }))
    }

    pub(super) async fn keep_pass(&self, pass: PassLease, terms: LeaseTerms) -> Result<bool, Failure> {
        let query = sqlx::query_as(
            "UPDATE trunkline.inventory_pass SET leased_until = trunkline.lease_time_1($1) + $3
             WHERE lease = $2 AND leased_until IS NOT NULL
             RETURNING lease",
        )
        .bind(self.lease_time.given())
        .bind(pass.lease.as_i64())
        .bind(interval(terms.lease));
        let kept: Vec<(i64,)> = self.pool.take(query).await?;
        Ok(!kept.is_empty())
    }

    pub(super) async fn end_pass(&self, change: &Change<PassResult>) -> Result<u64, Failure> {
        let result = &change.body;
        let present: Vec<&str> = result.present.iter().map(PhoneNumber::as_str).collect();
        let query = sqlx::query_as("SELECT trunkline.finish_pass_1($1, $2, $3, $4, $5, $6, $7, $8)")
            .bind(result.pass.lease.as_i64())
            .bind(result.account.as_str())
            .bind(result.complete)
            .bind(present)
            .bind(interval(result.cooling))
            .bind(Json(&change.events))
            .bind(Json(&change.audit))
            .bind(self.lease_time.given());
        let (freed,): (i64,) = self.pool.change(query).await?;
        Ok(freed.unsigned_abs())
    }
}

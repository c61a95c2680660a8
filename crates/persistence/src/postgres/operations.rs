//! What operations ask: whether the database takes writes, what time it has, what is open, how busy the pool is.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use trunkline_provisioning::port::{OpenWork, OperationsStore, PoolUse, StoreError, Workload};

use super::PostgresStore;
use super::answer::row_where;
use crate::cell::Moment;
use crate::error::{Failure, Fault};
use crate::row::StateRow;

#[async_trait]
impl OperationsStore for PostgresStore {
    async fn check_writable(&self) -> Result<(), StoreError> {
        let query = sqlx::query_as(
            "UPDATE trunkline.deployment SET checked_at = clock_timestamp() WHERE only_row RETURNING true",
        );
        let _: (bool,) = self.pool.change(query).await?;
        Ok(())
    }

    async fn database_time(&self) -> Result<DateTime<Utc>, StoreError> {
        Ok(self.read_time().await?)
    }

    async fn workload(&self) -> Result<Workload, StoreError> {
        Ok(self.read_workload().await?)
    }

    fn pools(&self) -> Vec<PoolUse> {
        vec![self.pool.in_use()]
    }
}

/// What is open, once for each state that has orders, and once where none has.
struct WorkloadRow {
    at: Moment,
    oldest_hold_at: Option<Moment>,
    releases: OpenWork,
    orphans: OpenWork,
    approvals_waiting: u64,
    state: Option<StateRow>,
}

impl FromRow<'_, PgRow> for WorkloadRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let count = |column: &str| row.try_get(column).map(i64::unsigned_abs);
        Ok(Self {
            at: row.try_get("at")?,
            oldest_hold_at: row.try_get("oldest_hold_at")?,
            releases: OpenWork {
                under_way: count("releases_under_way")?,
                in_review: count("releases_in_review")?,
            },
            orphans: OpenWork {
                under_way: count("orphans_under_way")?,
                in_review: count("orphans_in_review")?,
            },
            approvals_waiting: count("approvals_waiting")?,
            state: row_where("state", row)?,
        })
    }
}

impl PostgresStore {
    async fn read_time(&self) -> Result<DateTime<Utc>, Failure> {
        let query = sqlx::query_as("SELECT trunkline.lease_time_1($1)").bind(self.lease_time.given());
        let now: Option<(Moment,)> = self.pool.find(query).await?;
        let (now,) = now.ok_or_else(|| Failure::Broken("the database has no time".to_owned()))?;
        Ok(now.time())
    }

    /// One statement, so that all of it is of one moment.
    async fn read_workload(&self) -> Result<Workload, Failure> {
        let query = sqlx::query_as(
            "SELECT moment.at, moment.oldest_hold_at, moment.releases_under_way, moment.releases_in_review,
                    moment.orphans_under_way, moment.orphans_in_review, moment.approvals_waiting, counted.state, counted.count,
                    counted.oldest_opened_at
             FROM (SELECT trunkline.lease_time_1($1) AS at,
                          (SELECT MIN(hold.created_at)
                           FROM trunkline.orders undecided
                           JOIN trunkline.transfer hold ON hold.id = undecided.hold_id
                           WHERE undecided.state IN ('ordering', 'unresolved', 'review')
                             AND NOT EXISTS (SELECT 1 FROM trunkline.transfer ended WHERE ended.pending_id = hold.id)
                          ) AS oldest_hold_at,
                          (SELECT COUNT(*) FROM trunkline.business_numbers WHERE status = 'releasing')
                              AS releases_under_way,
                          (SELECT COUNT(*) FROM trunkline.business_numbers WHERE status = 'review')
                              AS releases_in_review,
                          (SELECT COUNT(*) FROM trunkline.orphan_release WHERE state = 'releasing')
                              AS orphans_under_way,
                          (SELECT COUNT(*) FROM trunkline.orphan_release WHERE state = 'review')
                              AS orphans_in_review,
                          (SELECT COUNT(*) FROM trunkline.approval
                           WHERE state = 'waiting' AND expires_at > trunkline.lease_time_1($1)) AS approvals_waiting
                  ) AS moment
             LEFT JOIN (SELECT state, COUNT(*) AS count, MIN(opened_at) AS oldest_opened_at
                        FROM trunkline.orders GROUP BY state) AS counted ON TRUE
             ORDER BY counted.state",
        )
        .bind(self.lease_time.given());
        let rows: Vec<WorkloadRow> = self.pool.list(query).await?;
        let states = rows.iter().filter_map(|row| row.state.as_ref());
        let orders = states.map(StateRow::orders).collect::<Result<_, Fault>>()?;
        let row = rows.first().ok_or_else(|| Failure::Broken("the database counts nothing".to_owned()))?;
        Ok(Workload {
            at: row.at.time(),
            orders,
            oldest_hold_at: row.oldest_hold_at.map(Moment::time),
            releases: row.releases,
            orphans: row.orphans,
            approvals_waiting: row.approvals_waiting,
        })
    }
}

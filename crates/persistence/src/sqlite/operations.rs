//! What operations ask: whether the file is there and takes writes, what is open, how busy the readers are.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::{FromRow, SqliteConnection};
use trunkline_provisioning::port::{OpenWork, OperationsStore, PoolUse, StoreError, Workload};

use super::SqliteStore;
use super::time;
use super::writer::CheckWritable;
use crate::cell::Moment;
use crate::error::{Failure, Fault};
use crate::row::StateRow;

#[async_trait]
impl OperationsStore for SqliteStore {
    async fn check_writable(&self) -> Result<(), StoreError> {
        let in_place = self.file.check_in_place().await;
        in_place.map_err(|moved| StoreError::Unavailable(Box::new(moved)))?;
        Ok(self.writer.write(CheckWritable).await?)
    }

    /// A file has no clock of its own: its one server's is the clock.
    async fn database_time(&self) -> Result<DateTime<Utc>, StoreError> {
        Ok(self.clock.now())
    }

    async fn workload(&self) -> Result<Workload, StoreError> {
        Ok(self.read_workload().await?)
    }

    fn pools(&self) -> Vec<PoolUse> {
        vec![self.readers.in_use()]
    }
}

impl SqliteStore {
    async fn read_workload(&self) -> Result<Workload, Failure> {
        let mut moment = self.readers.moment().await?;
        let orders: Vec<StateRow> = sqlx::query_as(
            "SELECT state, COUNT(*) AS count, MIN(opened_at) AS oldest_opened_at FROM orders GROUP BY state",
        )
        .fetch_all(&mut *moment)
        .await?;
        let oldest_hold: Option<Moment> = sqlx::query_scalar(
            "SELECT MIN(h.created_at) FROM orders o JOIN transfer h ON h.id = o.hold_id
             WHERE o.state IN ('ordering', 'unresolved', 'review')
               AND NOT EXISTS (SELECT 1 FROM transfer r WHERE r.pending_id = h.id)",
        )
        .fetch_one(&mut *moment)
        .await?;
        let (releases, orphans) = (open_releases(&mut moment).await?, open_orphans(&mut moment).await?);
        let now = self.clock.now();
        let waiting: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM approval WHERE state = 'waiting' AND expires_at > ?1")
                .bind(time::to_text(now))
                .fetch_one(&mut *moment)
                .await?;
        moment.rollback().await?;
        Ok(Workload {
            at: now,
            orders: orders.iter().map(StateRow::orders).collect::<Result<_, Fault>>()?,
            oldest_hold_at: oldest_hold.map(Moment::time),
            releases,
            orphans,
            approvals_waiting: waiting.unsigned_abs(),
        })
    }
}

/// How many rows there are of each kind.
#[derive(FromRow)]
struct OpenRow {
    under_way: i64,
    in_review: i64,
}

impl From<OpenRow> for OpenWork {
    fn from(row: OpenRow) -> Self {
        Self { under_way: row.under_way.unsigned_abs(), in_review: row.in_review.unsigned_abs() }
    }
}

async fn open_releases(connection: &mut SqliteConnection) -> Result<OpenWork, sqlx::Error> {
    let row: OpenRow = sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM business_numbers WHERE status = 'releasing') AS under_way,
                (SELECT COUNT(*) FROM business_numbers WHERE status = 'review') AS in_review",
    )
    .fetch_one(connection)
    .await?;
    Ok(row.into())
}

async fn open_orphans(connection: &mut SqliteConnection) -> Result<OpenWork, sqlx::Error> {
    let row: OpenRow = sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM orphan_release WHERE state = 'releasing') AS under_way,
                (SELECT COUNT(*) FROM orphan_release WHERE state = 'review') AS in_review",
    )
    .fetch_one(connection)
    .await?;
    Ok(row.into())
}

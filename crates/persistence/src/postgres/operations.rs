//! What operations ask: whether the database takes writes, what time it has, what is open, how busy the pool is.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::FromRow;
use trunkline_domain::OrderState;
use trunkline_provisioning::port::{OpenWork, OperationsStore, OrdersInState, PoolUse, StoreError, Workload};

use super::PostgresStore;
use crate::cell::Moment;
use crate::codec::named;
use crate::error::{Failure, Fault};

#[async_trait]
impl OperationsStore for PostgresStore {
    /// By writing: a standby, a full disk and a role without the right to write all fail it.
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

#[derive(FromRow)]
struct StateRow {
    state: String,
    count: i64,
    oldest_opened_at: Moment,
}

impl StateRow {
    fn orders(&self) -> Result<OrdersInState, Fault> {
        Ok(OrdersInState {
            state: named("orders.state", &self.state, OrderState::from_name)?,
            count: self.count.unsigned_abs(),
            oldest_opened_at: self.oldest_opened_at.time(),
        })
    }
}

/// What is open besides orders.
#[derive(FromRow)]
struct OpenRow {
    at: Moment,
    oldest_hold_at: Option<Moment>,
    releasing: i64,
    releases_in_review: i64,
    orphans_releasing: i64,
    orphans_in_review: i64,
}

impl PostgresStore {
    async fn read_time(&self) -> Result<DateTime<Utc>, Failure> {
        let query = sqlx::query_as("SELECT coalesce($1, clock_timestamp())").bind(self.lease_time.given());
        let now: Option<(Moment,)> = self.pool.find(query).await?;
        now.map(|(now,)| now.time()).ok_or_else(|| Failure::Broken("the database told no time".to_owned()))
    }

    async fn read_workload(&self) -> Result<Workload, Failure> {
        let mut moment = self.pool.snapshot().await?;
        let orders: Vec<StateRow> = sqlx::query_as(
            "SELECT state, count(*) AS count, min(opened_at) AS oldest_opened_at
             FROM trunkline.orders GROUP BY state ORDER BY state",
        )
        .fetch_all(&mut *moment)
        .await?;
        let open: OpenRow = sqlx::query_as(
            "SELECT coalesce($1, clock_timestamp()) AS at,
                    (SELECT min(h.created_at)
                     FROM trunkline.orders o JOIN trunkline.transfer h ON h.id = o.hold_id
                     WHERE o.state IN ('ordering', 'unresolved', 'review')
                       AND NOT EXISTS (SELECT 1 FROM trunkline.transfer r WHERE r.pending_id = h.id)
                    ) AS oldest_hold_at,
                    (SELECT count(*) FROM trunkline.business_numbers WHERE status = 'releasing') AS releasing,
                    (SELECT count(*) FROM trunkline.business_numbers WHERE status = 'review') AS releases_in_review,
                    (SELECT count(*) FROM trunkline.orphan_release WHERE state = 'releasing') AS orphans_releasing,
                    (SELECT count(*) FROM trunkline.orphan_release WHERE state = 'review') AS orphans_in_review",
        )
        .bind(self.lease_time.given())
        .fetch_one(&mut *moment)
        .await?;
        moment.rollback().await?;
        let work = |under_way: i64, in_review: i64| OpenWork {
            under_way: under_way.unsigned_abs(),
            in_review: in_review.unsigned_abs(),
        };
        Ok(Workload {
            at: open.at.time(),
            orders: orders.iter().map(StateRow::orders).collect::<Result<_, Fault>>()?,
            oldest_hold_at: open.oldest_hold_at.map(Moment::time),
            releases: work(open.releasing, open.releases_in_review),
            orphans: work(open.orphans_releasing, open.orphans_in_review),
        })
    }
}

//! The store: a database, opened.

use sqlx::{ConnectOptions, Connection};
use trunkline_domain::DeploymentId;
use uuid::Uuid;

use super::lease_time::LeaseTime;
use super::migrations;
use super::options::PostgresOptions;
use super::pool::Pool;
use crate::error::OpenError;
use crate::migration::MigrationReport;

/// Every store port, on one PostgreSQL database. Clones share its connections; any number of servers share the
/// database.
///
/// Dropping a caller's future does no harm at any point: a change that it asked for is stored whole or not at all.
#[derive(Clone)]
pub struct PostgresStore {
    pub(super) deployment: DeploymentId,
    pub(super) lease_time: LeaseTime,
    pub(super) pool: Pool,
}

impl PostgresStore {
    /// Makes the schema `trunkline` where it does not exist and brings it up to date: all of it or nothing. Safe
    /// beside running servers and beside other migrations, of which one does the work.
    pub async fn migrate(options: &PostgresOptions) -> Result<MigrationReport, OpenError> {
        // Large, and needed once: callers should not carry it in their own futures.
        Box::pin(migrations::migrate(options)).await
    }

    /// Opens a database whose schema is at least what this binary needs. Makes and migrates nothing.
    pub async fn open(options: PostgresOptions) -> Result<Self, OpenError> {
        Box::pin(Self::open_now(options)).await
    }

    async fn open_now(options: PostgresOptions) -> Result<Self, OpenError> {
        let mut connection = options.bounded().connect().await?;
        migrations::require_encoding(&mut connection).await?;
        migrations::require_current(&mut connection).await?;
        let deployment: Uuid =
            sqlx::query_scalar("SELECT id FROM trunkline.deployment").fetch_one(&mut connection).await?;
        connection.close().await?;
        let pool = Pool::open(&options).await?;
        Ok(Self { deployment: DeploymentId::from_uuid(deployment), lease_time: options.lease_time, pool })
    }

    /// The installation that this database is: made once, kept in it.
    pub fn deployment(&self) -> DeploymentId {
        self.deployment
    }

    /// Waits for ever: whatever becomes of its connections, others take their place.
    pub async fn lost(&self) {
        std::future::pending::<()>().await;
    }

    /// Closes the connections. Everything asked of any clone afterwards is answered with `Unavailable`.
    pub async fn close(self) {
        self.pool.close().await;
    }
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore").field("deployment", &self.deployment).finish_non_exhaustive()
    }
}

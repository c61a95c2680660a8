//! The store: a file, opened.

use std::sync::Arc;

use sqlx::{ConnectOptions, Connection, SqliteConnection};
use trunkline_domain::{Clock, DeploymentId};

use super::file::DatabaseFile;
use super::migrations;
use super::options::SqliteOptions;
use super::readers::Readers;
use super::server_lock::ServerLock;
use super::writer::{WriteConnection, Writer};
use crate::codec;
use crate::error::{Fault, OpenError};
use crate::migration::MigrationReport;

/// Every store port, on one SQLite file. Clones share it.
///
/// Dropping a caller's future does no harm at any point: a change that it asked for is stored whole or not at all.
#[derive(Clone)]
pub struct SqliteStore {
    pub(crate) deployment: DeploymentId,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) file: Arc<DatabaseFile>,
    pub(crate) readers: Readers,
    pub(crate) writer: Writer,
}

impl SqliteStore {
    /// Makes the file where it does not exist, readable by its owner only, and brings its schema up to date: all of
    /// it or nothing. Safe beside a running server and beside another migration.
    pub async fn migrate(options: &SqliteOptions, clock: &dyn Clock) -> Result<MigrationReport, OpenError> {
        // Large, and needed once: callers should not carry it in their own futures.
        Box::pin(migrations::migrate(options, clock)).await
    }

    /// Opens a file whose schema is at least what this binary needs. Makes and migrates nothing.
    ///
    /// With `exclusive`, the leases of the server before are void: it cannot be running any more.
    pub async fn open(options: SqliteOptions, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        Box::pin(Self::open_now(options, clock)).await
    }

    async fn open_now(options: SqliteOptions, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        if !options.path.exists() {
            return Err(OpenError::Missing { path: options.path });
        }
        let file = DatabaseFile::of(&options.path)?;
        let lock = options.exclusive.then(|| ServerLock::take(&options)).transpose()?;
        let mut connection = options.connect_options().connect().await?;
        migrations::require_current(&mut connection).await?;
        let deployment = read_deployment(&mut connection).await?;
        if options.exclusive {
            void_leases(&mut connection).await?;
        }
        let readers = Readers::open(&options).await?;
        let connection = WriteConnection::new(options.connect_options(), connection);
        let writer = Writer::start(connection, Arc::clone(&clock), lock);
        Ok(Self { deployment, clock, file: Arc::new(file), readers, writer })
    }

    /// The installation that this database is: made once, kept in it.
    pub fn deployment(&self) -> DeploymentId {
        self.deployment
    }

    /// Waits until the store has become of no use to its process: whatever it is asked, it will never store anything
    /// again. Waits for ever otherwise, also when it is closed.
    pub async fn lost(&self) {
        self.writer.lost().await;
    }

    /// Finishes what is queued and closes the file, its log written back. Everything asked of any clone afterwards is
    /// answered with `Unavailable`.
    pub async fn close(self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").field("deployment", &self.deployment).finish_non_exhaustive()
    }
}

pub(super) async fn read_deployment(connection: &mut SqliteConnection) -> Result<DeploymentId, Fault> {
    let id: String = sqlx::query_scalar("SELECT id FROM deployment").fetch_one(connection).await?;
    codec::parse("deployment.id", &id)
}

async fn void_leases(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    for statement in [
        "UPDATE orders SET leased_until = NULL WHERE leased_until IS NOT NULL",
        "UPDATE business_numbers SET release_leased_until = NULL WHERE release_leased_until IS NOT NULL",
        "UPDATE orphan_release SET leased_until = NULL WHERE leased_until IS NOT NULL",
        "UPDATE inventory_pass SET leased_until = NULL WHERE leased_until IS NOT NULL",
        "UPDATE alarm_notice SET leased_until = NULL WHERE leased_until IS NOT NULL",
    ] {
        sqlx::query(statement).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

//! The schema: embedded migrations, applied all together or not at all, and what a binary asks of a schema.

use sqlx::migrate::Migrator;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use trunkline_domain::{Clock, DeploymentId, IdSource, RandomIds};

use super::file::DatabaseFile;
use super::options::SqliteOptions;
use super::server_lock::private_file;
use super::time;
use crate::error::{Fault, OpenError};
use crate::migration::{self, MigrationReport};

/// The table that says which migrations are applied: a name of our own, so that the database can be shared with a
/// host that migrates its own tables.
const TABLE: &str = "trunkline_migration";

fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!("../../migrations/sqlite");
    migrator.dangerous_set_table_name(TABLE);
    // A schema newer than the binary is no mistake: it is what a rolled-back binary meets.
    migrator.set_ignore_missing(true);
    migrator
}

/// Makes the file where it does not exist, and brings its schema up to date in one transaction.
pub(crate) async fn migrate(
    options: &SqliteOptions,
    clock: &dyn Clock,
) -> Result<MigrationReport, OpenError> {
    private_file(&options.path).map_err(|source| OpenError::File { path: options.path.clone(), source })?;
    DatabaseFile::of(&options.path)?;
    let mut connection = options.connect_options().connect().await?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let before = applied_versions(&mut transaction).await?;
    let migrator = migrator();
    migrator.run_direct(None, &mut *transaction, false).await?;
    sqlx::query(
        "INSERT INTO deployment (only_row, id, created_at) VALUES (1, ?1, ?2) ON CONFLICT DO NOTHING",
    )
    .bind(DeploymentId::from_uuid(RandomIds.next()).to_string())
    .bind(time::to_text(clock.now()))
    .execute(&mut *transaction)
    .await?;
    let after = applied_versions(&mut transaction).await?;
    transaction.commit().await?;
    connection.close().await?;
    Ok(MigrationReport::of(&migrator, &before, &after))
}

/// Refuses a schema that lacks a migration of this binary.
pub(crate) async fn require_current(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let applied = applied_versions(connection).await?;
    migration::require(&migrator(), &applied)
}

/// The newest migration that this binary knows.
pub(super) fn newest_known() -> i64 {
    migrator().iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// The migrations that a file has, in order; none where it is no database of ours.
pub(super) async fn applied_versions(connection: &mut SqliteConnection) -> Result<Vec<i64>, Fault> {
    let exists: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)")
            .bind(TABLE)
            .fetch_one(&mut *connection)
            .await?;
    if !exists {
        return Ok(Vec::new());
    }
    let versions =
        sqlx::query_scalar("SELECT version FROM trunkline_migration WHERE success ORDER BY version")
            .fetch_all(connection)
            .await?;
    Ok(versions)
}

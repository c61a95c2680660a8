//! What a file holds, and whether it is whole. The file must be nobody else's: it is opened without its locks in mind.

use std::path::Path;

use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use trunkline_domain::DeploymentId;
use trunkline_wallet::{LedgerAudit, LedgerReport};

use super::error::BackupError;
use crate::cell::Moment;
use crate::sqlite::open::read_deployment;
use crate::sqlite::{journal, migrations};

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupContents {
    /// The installation that it is of.
    pub deployment: DeploymentId,
    /// Its newest migration.
    pub schema_version: i64,
    /// How many orders there are, decided or not.
    pub orders: u64,
    /// When an order changed last: whatever was sold or given up later, the copy does not know.
    pub newest_order_at: Option<DateTime<Utc>>,
    /// How many numbers customers have.
    pub numbers: u64,
    /// How many accounts the ledger has.
    pub accounts: u64,
    /// How many transfers.
    pub transfers: u64,
}

/// Makes one file of what SQLite may keep in several, and lets nothing be beside it.
pub(super) fn settle(file: &Path) -> Result<(), BackupError> {
    let connection =
        rusqlite::Connection::open_with_flags(file, rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let damaged = |error: rusqlite::Error| damage(file, &error);
    connection.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).map_err(damaged)?;
    connection.close().map_err(|(_, error)| error.into())
}

/// What SQLite says of a file that is no database, or not a whole one, is about the file; the rest is about us.
fn damage(file: &Path, error: &rusqlite::Error) -> BackupError {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    match error.sqlite_error_code() {
        Some(NotADatabase) => BackupError::Foreign { path: file.to_owned() },
        Some(DatabaseCorrupt) => BackupError::Damaged { path: file.to_owned(), said: error.to_string() },
        _ => BackupError::Engine(error.to_string().into()),
    }
}

/// Reads a settled file.
pub(super) async fn open(file: &Path) -> Result<SqliteConnection, BackupError> {
    Ok(SqliteConnectOptions::new()
        .filename(file)
        .read_only(true)
        .disable_statement_logging()
        .connect()
        .await?)
}

/// Whether every page, row and reference of a file is what it should be, by the engine's own check. It reads all of it.
pub(super) async fn check_pages(file: &Path) -> Result<(), BackupError> {
    let mut connection = open(file).await?;
    let first: String = sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(&mut connection).await?;
    let astray: Option<(String,)> = sqlx::query_as("SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1")
        .fetch_optional(&mut connection)
        .await?;
    connection.close().await?;
    let said = match (first.as_str(), astray) {
        ("ok", None) => return Ok(()),
        ("ok", Some((table,))) => format!("a row of {table} points to one that is not there"),
        _ => first,
    };
    Err(BackupError::Damaged { path: file.to_owned(), said })
}

/// The newest migration of a file. Refuses a file that never had one of ours.
pub(super) async fn schema_version(file: &Path) -> Result<i64, BackupError> {
    let mut connection = open(file).await?;
    let applied = migrations::applied_versions(&mut connection).await?;
    connection.close().await?;
    applied.last().copied().ok_or_else(|| BackupError::Foreign { path: file.to_owned() })
}

/// What a file of this program's schema holds, and what the audit says of its ledger.
pub(super) async fn contents(file: &Path) -> Result<(BackupContents, LedgerReport), BackupError> {
    let mut connection = open(file).await?;
    migrations::require_current(&mut connection).await?;
    let deployment = read_deployment(&mut connection).await?;
    let applied = migrations::applied_versions(&mut connection).await?;
    let (orders, newest): (i64, Option<Moment>) =
        sqlx::query_as("SELECT COUNT(*), MAX(updated_at) FROM orders").fetch_one(&mut connection).await?;
    let numbers: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM business_numbers WHERE status <> 'released'")
        .fetch_one(&mut connection)
        .await?;
    let mut audit = LedgerAudit::new();
    journal::read_ledger_of(&mut connection, &mut audit).await?;
    connection.close().await?;
    let ledger = audit.finish();
    let contents = BackupContents {
        deployment,
        schema_version: applied.last().copied().unwrap_or(0),
        orders: orders.unsigned_abs(),
        newest_order_at: newest.map(Moment::time),
        numbers: numbers.unsigned_abs(),
        accounts: ledger.accounts,
        transfers: ledger.transfers,
    };
    Ok((contents, ledger))
}

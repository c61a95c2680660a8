//! The schema: embedded migrations in a schema of their own, applied all together or not at all, by one replica while
//! the others wait; and what a binary asks of a schema.

use sqlx::migrate::Migrator;
use sqlx::{ConnectOptions, Connection, PgConnection};
use trunkline_domain::{IdSource, RandomIds};

use super::options::PostgresOptions;
use crate::error::OpenError;
use crate::migration::{self, MigrationReport};

/// Whoever migrates holds this lock; it is one for the database. Any number, but always the same in every version.
const LOCK: i64 = 0x7472_756e_6b6c_696e;

fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!("../../migrations/postgres");
    migrator.dangerous_set_table_name("trunkline.migration");
    // A schema newer than the binary is no mistake: it is what a rolled-back binary meets.
    migrator.set_ignore_missing(true);
    // The lock is taken here, with the transaction.
    migrator.set_locking(false);
    migrator
}

/// Makes the schema where it does not exist, and brings it up to date in one transaction.
pub(super) async fn migrate(options: &PostgresOptions) -> Result<MigrationReport, OpenError> {
    let mut connection = options.unbounded().connect().await?;
    require_encoding(&mut connection).await?;
    let mut transaction = connection.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *transaction).await?;
    if !has_schema(&mut transaction).await? {
        sqlx::query("CREATE SCHEMA trunkline").execute(&mut *transaction).await?;
    }
    let before = applied_versions(&mut transaction).await?;
    let migrator = migrator();
    if !migration::lacks_nothing(&migrator, &before) {
        migrator.run_direct(None, &mut *transaction, false).await?;
        // New functions are everybody's to call until this says whose they are.
        sqlx::query("SELECT trunkline.grant_rights_3()").execute(&mut *transaction).await?;
        sqlx::query(
            "INSERT INTO trunkline.deployment (only_row, id, created_at) VALUES (true, $1, clock_timestamp())
             ON CONFLICT DO NOTHING",
        )
        .bind(RandomIds.next())
        .execute(&mut *transaction)
        .await?;
    }
    let after = applied_versions(&mut transaction).await?;
    transaction.commit().await?;
    connection.close().await?;
    Ok(MigrationReport::of(&migrator, &before, &after))
}

/// Refuses a schema that lacks a migration of this binary.
pub(super) async fn require_current(connection: &mut PgConnection) -> Result<(), OpenError> {
    let applied = applied_versions(connection).await?;
    migration::require(&migrator(), &applied)
}

/// Refuses a database that cannot hold every text.
pub(super) async fn require_encoding(connection: &mut PgConnection) -> Result<(), OpenError> {
    let found: String =
        sqlx::query_scalar("SELECT current_setting('server_encoding')").fetch_one(connection).await?;
    if found == "UTF8" { Ok(()) } else { Err(OpenError::Encoding { found }) }
}

async fn has_schema(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = 'trunkline')")
        .fetch_one(connection)
        .await
}

async fn applied_versions(connection: &mut PgConnection) -> Result<Vec<i64>, sqlx::Error> {
    let exists: bool = sqlx::query_scalar("SELECT to_regclass('trunkline.migration') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        return Ok(Vec::new());
    }
    sqlx::query_scalar("SELECT version FROM trunkline.migration WHERE success ORDER BY version")
        .fetch_all(connection)
        .await
}

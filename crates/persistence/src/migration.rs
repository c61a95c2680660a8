//! What migrations of every engine have in common: what was applied, and what a binary needs.

use sqlx::migrate::Migrator;

use crate::error::OpenError;

/// What a migration run did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationReport {
    /// The migrations that were applied now, in order, as `2 ledger`.
    pub applied: Vec<String>,
    /// The newest migration that the database has now.
    pub version: i64,
}

impl MigrationReport {
    /// From the versions before and after, each in order.
    pub(crate) fn of(migrator: &Migrator, before: &[i64], after: &[i64]) -> Self {
        let applied = migrator
            .iter()
            .filter(|migration| !before.contains(&migration.version))
            .map(|migration| format!("{} {}", migration.version, migration.description))
            .collect();
        Self { applied, version: after.last().copied().unwrap_or(0) }
    }
}

/// Whether every migration of this binary is applied. Others may be: a rolled-back binary meets a newer schema.
pub(crate) fn lacks_nothing(migrator: &Migrator, applied: &[i64]) -> bool {
    migrator.iter().all(|migration| applied.contains(&migration.version))
}

/// Refuses a schema that lacks a migration of this binary, and warns of one that has others.
pub(crate) fn require(migrator: &Migrator, applied: &[i64]) -> Result<(), OpenError> {
    let needed = migrator.iter().map(|migration| migration.version).max().unwrap_or(0);
    let found = applied.last().copied().unwrap_or(0);
    if !lacks_nothing(migrator, applied) {
        return Err(OpenError::SchemaTooOld { found, needed });
    }
    if found > needed {
        tracing::warn!(
            database = found,
            binary = needed,
            "the database's schema is newer than this binary, which goes on with what it knows of it"
        );
    }
    Ok(())
}

//! Failures: of opening a database, of one change or read inside this crate, and how they reach the ports.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use sqlx::error::{DatabaseError, ErrorKind};
use sqlx::migrate::MigrateError;
use trunkline_alarms::AlarmStoreError;
use trunkline_import::ImportStoreError;
use trunkline_notices::NoticeStoreError;
use trunkline_provisioning::port::{BusinessesError, StoreError};
use trunkline_sessions::SessionStoreError;
use trunkline_tenancy::TenancyStoreError;
use trunkline_wallet::WalletStoreError;

/// A database that cannot be used, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no such file.
    #[error("there is no database at {}: make one with `trunkline migrate`", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Another server has the database.
    #[error("another trunkline server is using {}: stop it first, or give this one a database of its own", path.display())]
    InUse {
        /// The database.
        path: PathBuf,
    },
    /// The file has a second name, under which somebody else may use it.
    #[error(
        "{} is one of {links} names of the same file (hard links), and SQLite keeps a journal for each: remove the \
         others, or copy the database",
        path.display()
    )]
    Linked {
        /// The database.
        path: PathBuf,
        /// How many names it has.
        links: u64,
    },
    /// The schema lacks what this binary needs.
    #[error("the database has schema version {found}, this binary needs {needed}: run `trunkline migrate`")]
    SchemaTooOld {
        /// The newest migration that is applied; 0 for a database that is empty.
        found: i64,
        /// The newest migration that this binary needs.
        needed: i64,
    },
    /// The database keeps text in another encoding.
    #[error(
        "the database keeps text as {found}, in which not every name can be written: make another one, with \
         CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
    )]
    Encoding {
        /// Which.
        found: String,
    },
    /// Whoever we are there may not do what was tried.
    #[error(
        "{said}: run `trunkline migrate` as the database's owner first, and grant the server's user what \
         docs/postgres-grants.sql lists"
    )]
    NotAllowed {
        /// What the engine says.
        said: String,
    },
    /// A migration failed or does not fit what was applied before. Nothing of it was applied.
    #[error("the database could not be migrated, and is as it was before")]
    Migration(#[source] Box<dyn Error + Send + Sync>),
    /// The file, its folder or its lock cannot be used.
    #[error("{} cannot be used", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The engine failed.
    #[error("the database could not be opened")]
    Engine(#[source] Box<dyn Error + Send + Sync>),
    /// The database is open, but what it holds cannot be read.
    #[error("the database is broken: {0}")]
    Broken(String),
}

impl From<sqlx::Error> for OpenError {
    fn from(error: sqlx::Error) -> Self {
        if is_not_allowed(&error) {
            Self::NotAllowed { said: said(&error) }
        } else {
            Self::Engine(Said::of(&error))
        }
    }
}

impl From<MigrateError> for OpenError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _)
                if is_not_allowed(&cause) =>
            {
                cause.into()
            }
            MigrateError::Execute(cause) => Self::Migration(Said::of(&cause)),
            MigrateError::ExecuteMigration(cause, version) => {
                Self::Migration(Box::new(Said(format!("migration {version}: {}", said(&cause)))))
            }
            other => Self::Migration(Box::new(Said(other.to_string()))),
        }
    }
}

/// What an engine said, once. The driver's own errors say it again in their source, and PostgreSQL's with a line of
/// its own program.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Said(String);

impl Said {
    fn of(error: &sqlx::Error) -> Box<dyn Error + Send + Sync> {
        Box::new(Self(said(error)))
    }
}

fn said(error: &sqlx::Error) -> String {
    match error.as_database_error() {
        Some(refusal) => refusal.message().to_owned(),
        None => error.to_string(),
    }
}

/// PostgreSQL's `insufficient_privilege`; SQLite has no such code.
fn is_not_allowed(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.as_deref() == Some("42501")
}

impl From<Fault> for OpenError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Engine(error) => error.into(),
            Fault::Broken(what) => Self::Broken(what),
        }
    }
}

/// Why a statement, or what it read, could not be worked with.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The engine said no.
    Engine(sqlx::Error),
    /// The rows are not what the rules promise.
    Broken(String),
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self::Engine(error)
    }
}

/// What a port's caller hears instead of an answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Certainly nothing was changed.
    Unavailable(Box<dyn Error + Send + Sync>),
    /// Repeating the same change is safe.
    OutcomeUnknown(Box<dyn Error + Send + Sync>),
    /// An operator's matter; nothing was changed.
    Broken(String),
}

impl Failure {
    /// The failure of every change of a batch whose commit did not succeed.
    pub(crate) fn outcome_unknown(error: &Arc<sqlx::Error>) -> Self {
        Self::OutcomeUnknown(Box::new(Arc::clone(error)))
    }

    /// The failure of every change of a batch whose transaction was never begun.
    pub(crate) fn not_begun(error: &Arc<sqlx::Error>) -> Self {
        Self::Unavailable(Box::new(Arc::clone(error)))
    }
}

impl From<Fault> for Failure {
    /// For faults after which everything was undone, and for reads.
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Engine(error) if breaks_a_rule(&error) => Self::Broken(error.to_string()),
            Fault::Engine(error) => Self::Unavailable(Box::new(error)),
            Fault::Broken(what) => Self::Broken(what),
        }
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Fault::Engine(error).into()
    }
}

/// SQLite's code for a statement that a trigger of ours refused, which sqlx has no kind for.
const SQLITE_CONSTRAINT_TRIGGER: &str = "1811";

/// Whether repeating the statement would meet the same error: a constraint, or rows of an unexpected shape.
fn breaks_a_rule(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(refusal) => {
            !matches!(refusal.kind(), ErrorKind::Other)
                || refusal.code().as_deref() == Some(SQLITE_CONSTRAINT_TRIGGER)
        }
        sqlx::Error::RowNotFound
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Decode(_) => true,
        _ => false,
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unavailable(cause) => Self::Unavailable(cause),
            Failure::OutcomeUnknown(cause) => Self::OutcomeUnknown(cause),
            Failure::Broken(what) => Self::Broken(what),
        }
    }
}

impl From<Failure> for WalletStoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unavailable(cause) => Self::Unavailable(cause),
            Failure::OutcomeUnknown(cause) => Self::OutcomeUnknown(cause),
            Failure::Broken(what) => Self::Broken(what),
        }
    }
}

impl From<Failure> for TenancyStoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unavailable(cause) => Self::Unavailable(cause),
            Failure::OutcomeUnknown(cause) => Self::OutcomeUnknown(cause),
            Failure::Broken(what) => Self::Broken(what),
        }
    }
}

impl From<Failure> for AlarmStoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unavailable(cause) => Self::Unavailable(cause),
            Failure::OutcomeUnknown(cause) => Self::OutcomeUnknown(cause),
            Failure::Broken(what) => Self::Broken(what),
        }
    }
}

impl From<Failure> for NoticeStoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unavailable(cause) => Self::Unavailable(cause),
            Failure::OutcomeUnknown(cause) => Self::OutcomeUnknown(cause),
            Failure::Broken(what) => Self::Broken(what),
        }
    }
}

impl From<Failure> for SessionStoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unavailable(cause) => Self::Unavailable(cause),
            Failure::OutcomeUnknown(cause) => Self::OutcomeUnknown(cause),
            Failure::Broken(what) => Self::Broken(what),
        }
    }
}

impl From<Failure> for ImportStoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unavailable(cause) => Self::Unavailable(cause),
            Failure::OutcomeUnknown(cause) => Self::OutcomeUnknown(cause),
            Failure::Broken(what) => Self::Broken(what),
        }
    }
}

impl From<Failure> for BusinessesError {
    fn from(failure: Failure) -> Self {
        Self(Box::new(StoreError::from(failure)))
    }
}

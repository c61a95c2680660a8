//! Why a copy was not made, or not put back.

use std::io;
use std::path::PathBuf;

use trunkline_domain::DeploymentId;
use trunkline_provisioning::port::StoreError;

use crate::error::{Failure, Fault, OpenError};

/// A backup or a restore that was not done. What stood where it would have gone stands there still.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is a file of that name.
    #[error("{} exists already, and was left as it is: name another file, or replace it with --force", path.display())]
    Exists {
        /// Which.
        path: PathBuf,
    },
    /// The copy would replace what it is a copy of.
    #[error("{} is the database itself: name another file", path.display())]
    Itself {
        /// The database.
        path: PathBuf,
    },
    /// Somebody else writes the same copy.
    #[error("another backup to {} is under way: wait for it, or name another file", path.display())]
    UnderWay {
        /// Where both want to go.
        path: PathBuf,
    },
    /// The file is no copy that a backup has finished.
    #[error(
        "{} has a journal beside it ({}), so it is no finished copy: a backup is one file, made by `trunkline backup`",
        path.display(), journal.display()
    )]
    Unfinished {
        /// The file.
        path: PathBuf,
        /// What is beside it.
        journal: PathBuf,
    },
    /// The file is none of ours.
    #[error("{} is no database of Trunkline's", path.display())]
    Foreign {
        /// Which.
        path: PathBuf,
    },
    /// The engine's own check of the file found something.
    #[error("{} is damaged, and was not used: {said}", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// The first thing that it found.
        said: String,
    },
    /// The ledger in the copy does not balance, so neither does the one that it is a copy of.
    #[error(
        "the ledger does not balance: {faults} faults, which `trunkline ledger verify` names. No backup was replaced; \
         the copy is kept as {}, for whoever looks into it", kept.display()
    )]
    UnbalancedCopy {
        /// How many faults.
        faults: u64,
        /// Where the copy is.
        kept: PathBuf,
    },
    /// The ledger in a file to be restored does not balance.
    #[error("the ledger in {} does not balance ({faults} faults): take an older backup, or insist with --force", path.display())]
    UnbalancedFile {
        /// The file.
        path: PathBuf,
        /// How many faults.
        faults: u64,
    },
    /// The file was written by a newer program.
    #[error(
        "{} has schema version {found}, and this program knows {known}: restore it with the program that wrote it, or \
         insist with --force", path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its newest migration.
        found: i64,
        /// The newest migration of this program.
        known: i64,
    },
    /// The file belongs to another installation.
    #[error(
        "{} is of the deployment {found}, and the database is of {present}: numbers that were bought here would be \
         strangers to it. If you mean it, insist with --force", path.display()
    )]
    OtherDeployment {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: DeploymentId,
        /// Whose the database is.
        present: DeploymentId,
    },
    /// Some other program has the database open.
    #[error("{} is open in another program: end every trunkline command and every SQLite shell on it first", path.display())]
    Busy {
        /// The database.
        path: PathBuf,
    },
    /// The database cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The releases in a copy could not be stopped, so it is not used.
    #[error("the releases that are under way in it could not be stopped")]
    Releases(#[source] StoreError),
    /// A file cannot be read, written or moved.
    #[error("{} cannot be used", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The engine failed while it copied.
    #[error("the database could not be copied")]
    Engine(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(Box::new(error))
    }
}

impl From<Fault> for BackupError {
    fn from(fault: Fault) -> Self {
        Self::Open(fault.into())
    }
}

impl From<sqlx::Error> for BackupError {
    fn from(error: sqlx::Error) -> Self {
        Self::Open(error.into())
    }
}

impl From<Failure> for BackupError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unavailable(source) | Failure::OutcomeUnknown(source) => Self::Engine(source),
            Failure::Broken(what) => Self::Open(OpenError::Broken(what)),
        }
    }
}

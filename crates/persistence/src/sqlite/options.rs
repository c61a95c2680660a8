//! How a database file is opened. Every connection of this crate is made from these options.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

/// How many statements a connection keeps prepared: all of ours, of which there are some three hundred. Preparing one costs more
/// than most of them cost to run.
const STATEMENTS_KEPT: usize = 512;

/// Which database file, and how it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteOptions {
    /// The file.
    pub path: PathBuf,
    /// How many reads run at once, at least 1.
    pub read_connections: u32,
    /// How long a read waits for a free connection before the database counts as unavailable.
    pub acquire_timeout: Duration,
    /// How long to wait for another process's transaction before the database counts as unavailable.
    pub busy_timeout: Duration,
    /// Whether this is the database's server: takes the lock on `<path>.lock` beside the file itself, of which there
    /// is one however many symbolic links lead to the file, and voids the leases that a previous server left behind. Commands beside a running server leave it off.
    pub exclusive: bool,
}

impl SqliteOptions {
    /// A command's way to open a file; a server sets `exclusive`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            read_connections: 4,
            acquire_timeout: Duration::from_secs(5),
            busy_timeout: Duration::from_secs(5),
            exclusive: false,
        }
    }

    /// Every commit is on the disk before it is acknowledged: write-ahead log with full synchronisation.
    pub(crate) fn connect_options(&self) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(Path::new(&self.path))
            .create_if_missing(false)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(self.busy_timeout)
            .statement_cache_capacity(STATEMENTS_KEPT)
    }
}

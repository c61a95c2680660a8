//! Fresh databases in folders of their own.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use trunkline_domain::Clock;
use trunkline_persistence::{SqliteOptions, SqliteStore};
use trunkline_provisioning::contract::Fixture;
use trunkline_wallet::contract::ManualClock;

/// A migrated database in a folder that goes away with it.
pub(crate) struct Database {
    pub(crate) folder: TempDir,
    pub(crate) clock: Arc<ManualClock>,
}

impl Database {
    pub(crate) async fn new() -> Self {
        let database = Self::empty();
        SqliteStore::migrate(&database.options(), database.clock.as_ref()).await.unwrap();
        database
    }

    /// A copy of one that is migrated once in a process.
    pub(crate) async fn copied() -> Self {
        static MIGRATED: OnceCell<Vec<u8>> = OnceCell::const_new();
        let read = || async { std::fs::read(Self::new().await.path()).unwrap() };
        let database = Self::empty();
        std::fs::write(database.path(), MIGRATED.get_or_init(read).await).unwrap();
        database
    }

    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), clock: ManualClock::new() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("trunkline.db")
    }

    pub(crate) fn options(&self) -> SqliteOptions {
        SqliteOptions::new(self.path())
    }

    pub(crate) fn server_options(&self) -> SqliteOptions {
        SqliteOptions { exclusive: true, ..self.options() }
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// With as few connections as it works with: a story that is played a thousand times pays for each.
    pub(crate) async fn open_narrow(&self) -> SqliteStore {
        let options = SqliteOptions { read_connections: 1, ..self.server_options() };
        SqliteStore::open(options, self.clock.clone()).await.unwrap()
    }

    /// As the server opens it.
    pub(crate) async fn open(&self) -> SqliteStore {
        SqliteStore::open(self.server_options(), self.clock()).await.unwrap()
    }

    /// As a command opens it beside the server.
    pub(crate) async fn open_beside(&self) -> SqliteStore {
        SqliteStore::open(self.options(), self.clock()).await.unwrap()
    }

    /// The makers of changes, over a store of this database.
    pub(crate) fn changes(&self, store: &SqliteStore) -> Fixture {
        Fixture::of(&Arc::new(store.clone()), Arc::clone(&self.clock), Box::new(()))
    }

    /// A connection of somebody who knows nothing of our rules.
    pub(crate) async fn stranger(&self) -> SqliteConnection {
        SqliteConnectOptions::new().filename(self.path()).foreign_keys(true).connect().await.unwrap()
    }
}

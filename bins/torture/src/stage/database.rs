//! The database under the servers, and how it is made to crash.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::ValueEnum;
use trunkline_testkit::{Cluster, Durability, StopMode};

/// On what the servers keep their data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    /// One server on a file.
    Sqlite,
    /// Two servers on one PostgreSQL, which is killed too.
    Postgres,
}

impl Engine {
    pub(crate) const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// How many servers share the database.
    pub(crate) const fn replicas(self) -> usize {
        match self {
            Self::Sqlite => 1,
            Self::Postgres => 2,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// A running database. PostgreSQL ends with it.
pub(crate) enum Database {
    /// The file belongs to its server and dies with it.
    Sqlite(PathBuf),
    /// A server of its own, with the durability that it has by default.
    Postgres(Arc<Cluster>),
}

impl Database {
    pub(crate) async fn start(engine: Engine, folder: &Path) -> anyhow::Result<Self> {
        Ok(match engine {
            Engine::Sqlite => Self::Sqlite(folder.join("trunkline.db")),
            Engine::Postgres => {
                let start = tokio::task::spawn_blocking(|| Cluster::start(Durability::Full));
                Self::Postgres(Arc::new(start.await.context("PostgreSQL did not start")?))
            }
        })
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(file) => format!("sqlite:{}", file.display()),
            Self::Postgres(cluster) => cluster.url(),
        }
    }

    /// Stops every process of the database at once, as `pg_ctl stop -m immediate` does. A file has none.
    pub(crate) async fn crash(&self) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(cluster) => {
                let cluster = Arc::clone(cluster);
                let stop = tokio::task::spawn_blocking(move || cluster.stop(StopMode::Immediate));
                stop.await.context("PostgreSQL did not stop")
            }
        }
    }

    /// Starts the database again; it recovers what was committed from its log.
    pub(crate) async fn start_again(&self) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(cluster) => {
                let cluster = Arc::clone(cluster);
                let start = tokio::task::spawn_blocking(move || cluster.start_again());
                start.await.context("PostgreSQL did not start again")
            }
        }
    }
}

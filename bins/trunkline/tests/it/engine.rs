//! The two engines, and a database on either for one test.

use std::path::Path;

use trunkline_persistence::{PostgresOptions, PostgresStore};
use trunkline_testkit::{Database, Server};

/// Which engine keeps the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// A database of its own: a file in the test's folder, or one on a PostgreSQL server for tests.
pub(crate) struct Place {
    /// What `DATABASE_URL` says.
    pub(crate) url: String,
    /// Dropped with it.
    database: Option<Database>,
}

impl Place {
    pub(crate) async fn new(engine: Engine, folder: &Path) -> Self {
        match engine {
            Engine::Sqlite => {
                let file = folder.join("trunkline.db");
                Self { url: format!("sqlite:{}", file.display()), database: None }
            }
            Engine::Postgres => Self::on(&Server::shared()).await,
        }
    }

    /// Runs statements on a PostgreSQL database, as somebody who knows nothing of our rules.
    pub(crate) fn run(&self, statements: &[&str]) -> String {
        self.database.as_ref().unwrap().run(statements)
    }

    /// Copies a PostgreSQL database to a file, as docs/deployment.md says.
    pub(crate) fn dump(&self, file: &Path) {
        self.database.as_ref().unwrap().dump(file, &["trunkline", "trunkline_tenant"]);
    }

    /// Puts the copy in the database's place, as docs/deployment.md says.
    pub(crate) fn restore(&self, file: &Path) {
        self.database.as_ref().unwrap().restore(file);
    }

    /// On a PostgreSQL server that the test has for itself.
    pub(crate) async fn on(server: &Server) -> Self {
        let migrate = async |url: &str| {
            PostgresStore::migrate(&PostgresOptions::new(url.parse().unwrap())).await.unwrap();
        };
        let database = server.migrated_database(migrate).await;
        Self { url: database.url(), database: Some(database) }
    }
}

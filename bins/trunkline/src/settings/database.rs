//! Which database, by its address; and how many connections go there.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use trunkline_persistence::{PostgresAddress, PostgresOptions, SqliteOptions};

use super::read::Reader;

/// The database, and what is set about using it.
pub(crate) struct DatabaseSettings {
    pub engine: Engine,
    /// How many connections at most; of SQLite, how many that read.
    pub connections: Option<u32>,
    /// How long work waits for a free connection.
    pub acquire_timeout: Option<Duration>,
}

/// Which engine keeps it, and where.
pub(crate) enum Engine {
    Sqlite(PathBuf),
    Postgres(PostgresAddress),
}

impl DatabaseSettings {
    /// How a SQLite file is opened; a server has it for itself.
    pub(crate) fn sqlite(&self, path: &Path, exclusive: bool) -> SqliteOptions {
        let defaults = SqliteOptions::new(path);
        SqliteOptions {
            read_connections: self.connections.unwrap_or(defaults.read_connections),
            acquire_timeout: self.acquire_timeout.unwrap_or(defaults.acquire_timeout),
            exclusive,
            ..defaults
        }
    }

    /// How a PostgreSQL database is used.
    pub(crate) fn postgres(&self, address: &PostgresAddress) -> PostgresOptions {
        let defaults = PostgresOptions::new(address.clone());
        PostgresOptions {
            connections: self.connections.unwrap_or(defaults.connections),
            acquire_timeout: self.acquire_timeout.unwrap_or(defaults.acquire_timeout),
            ..defaults
        }
    }
}

impl fmt::Display for DatabaseSettings {
    /// Where it is, without a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.engine {
            Engine::Sqlite(path) => write!(f, "{}", path.display()),
            Engine::Postgres(address) => address.fmt(f),
        }
    }
}

impl Reader<'_> {
    pub(super) fn database(&mut self) -> DatabaseSettings {
        let connections = self.parsed("database_connections", "a number of connections from 1");
        if connections == Some(0) {
            self.mistakes.push("DATABASE_CONNECTIONS: at least 1 connection is needed".to_owned());
        }
        DatabaseSettings {
            engine: self.engine(),
            connections,
            acquire_timeout: self.seconds("database_acquire_timeout_s"),
        }
    }

    /// The text may hold a password, so it is not repeated.
    fn engine(&mut self) -> Engine {
        let text = self.source.text("database_url").unwrap_or("sqlite:trunkline.db");
        if let Some(path) = text.strip_prefix("sqlite:").filter(|path| !path.is_empty()) {
            return Engine::Sqlite(PathBuf::from(path.strip_prefix("//").unwrap_or(path)));
        }
        match text.parse() {
            Ok(address) => Engine::Postgres(address),
            Err(error) => {
                let sqlite = "write sqlite:PATH, such as sqlite:trunkline.db";
                self.mistakes.push(format!("DATABASE_URL: {sqlite}, or {error}"));
                Engine::Sqlite(PathBuf::new())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SettingArguments, Settings};
    use super::*;

    fn database(url: &str) -> DatabaseSettings {
        let arguments = SettingArguments {
            database_url: Some(url.to_owned()),
            database_connections: Some("7".to_owned()),
            database_acquire_timeout_s: Some("0.5".to_owned()),
            ..SettingArguments::default()
        };
        Settings::read(&arguments).unwrap().database
    }

    #[test]
    fn the_address_chooses_the_engine() {
        for url in ["sqlite:here.db", "sqlite://here.db"] {
            let settings = database(url);
            let Engine::Sqlite(path) = &settings.engine else { panic!("{url}") };
            assert_eq!(settings.to_string(), "here.db");
            let options = settings.sqlite(path, true);
            assert_eq!((options.read_connections, options.exclusive), (7, true));
        }
        for url in ["postgres://ann:hunter2@db:5433/shop", "postgresql://ann:hunter2@db:5433/shop"] {
            let settings = database(url);
            let Engine::Postgres(address) = &settings.engine else { panic!("{url}") };
            assert_eq!(settings.to_string(), "shop at db:5433");
            let options = settings.postgres(address);
            assert_eq!(options.connections, 7);
            assert_eq!(options.acquire_timeout, Duration::from_millis(500));
            assert!(!format!("{options:?}").contains("hunter2"));
        }
    }
}

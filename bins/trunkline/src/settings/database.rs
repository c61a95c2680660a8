//! Which database, by its address; and how many connections go there.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use trunkline_persistence::{PostgresAddress, PostgresAddressError, PostgresOptions, SqliteOptions};

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
        let acquire_timeout = self.seconds("database_acquire_timeout_s");
        if acquire_timeout == Some(Duration::ZERO) {
            self.mistakes.push("DATABASE_ACQUIRE_TIMEOUT_S: must be more than zero".to_owned());
        }
        DatabaseSettings { engine: self.engine(), connections, acquire_timeout }
    }

    fn engine(&mut self) -> Engine {
        let text = self.source.text("database_url").unwrap_or("sqlite:trunkline.db");
        let engine = match text.strip_prefix("sqlite:") {
            Some(path) => sqlite_path(text, path).map(Engine::Sqlite),
            None => postgres_address(text).map(Engine::Postgres),
        };
        engine.unwrap_or_else(|mistake| {
            self.mistakes.push(format!("DATABASE_URL: {mistake}"));
            Engine::Sqlite(PathBuf::new())
        })
    }
}

/// A file's path, and nothing else: what other programs take for parameters would be part of its name.
fn sqlite_path(text: &str, path: &str) -> Result<PathBuf, String> {
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.starts_with('?') {
        return Err(format!("`{text}` names no file; {SQLITE}"));
    }
    if path.starts_with(":memory:") {
        return Err(format!("`{text}` would be gone with the server, and the money in it; {SQLITE}"));
    }
    if let Some((name, _)) = path.split_once('?') {
        return Err(format!("`{text}` has parameters, of which there are none; write sqlite:{name}"));
    }
    if let Some(name) = path.strip_prefix("file:") {
        return Err(format!("`{text}` holds an address where a path belongs; write sqlite:{name}"));
    }
    Ok(PathBuf::from(path))
}

/// The text may hold a password, so it is not repeated.
fn postgres_address(text: &str) -> Result<PostgresAddress, String> {
    text.parse::<PostgresAddress>().map_err(|error| match error {
        PostgresAddressError::Form => format!("{SQLITE}, or {error}"),
        error => error.to_string(),
    })
}

const SQLITE: &str = "write sqlite:PATH, such as sqlite:trunkline.db";

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

    fn mistake(arguments: &SettingArguments) -> String {
        Settings::read(arguments).err().unwrap().to_string()
    }

    #[test]
    fn an_address_that_would_not_do_what_it_says_is_refused_with_what_to_write() {
        for (url, what) in [
            (
                "sqlite:x.db?mode=rwc",
                "`sqlite:x.db?mode=rwc` has parameters, of which there are none; write sqlite:x.db",
            ),
            ("sqlite::memory:", "`sqlite::memory:` would be gone with the server"),
            ("sqlite://:memory:", "`sqlite://:memory:` would be gone with the server"),
            ("sqlite::memory:?cache=shared", "`sqlite::memory:?cache=shared` would be gone with the server"),
            ("sqlite:?mode=memory", "`sqlite:?mode=memory` names no file"),
            ("sqlite:file:x.db", "write sqlite:x.db"),
            ("sqlite://", "`sqlite://` names no file; write sqlite:PATH"),
            ("sqlite:", "`sqlite:` names no file; write sqlite:PATH"),
            (
                "mysql://ann:hunter2@db/shop",
                "write sqlite:PATH, such as sqlite:trunkline.db, or write postgres://",
            ),
            ("postgres://ann:hunter2@db/shop?sslmod=require", "the parameter `sslmod` is not known"),
            ("postgres://ann:hunter2@db:99999/shop", "the port"),
            ("postgres://ann:hunter2@db", "the database's name is missing"),
        ] {
            let database_url = Some(url.to_owned());
            let said = mistake(&SettingArguments { database_url, ..SettingArguments::default() });
            assert!(said.contains("DATABASE_URL: ") && said.contains(what), "{url}: {said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
    }

    #[test]
    fn no_time_to_wait_for_a_connection_is_refused() {
        let database_acquire_timeout_s = Some("0".to_owned());
        let said = mistake(&SettingArguments { database_acquire_timeout_s, ..SettingArguments::default() });
        assert!(said.contains("DATABASE_ACQUIRE_TIMEOUT_S: must be more than zero"), "{said}");
    }
}

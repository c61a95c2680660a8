//! How a PostgreSQL database is used. Every connection of this engine is made from these options.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use super::LeaseTime;
use crate::error::OpenError;

/// What PostgreSQL shows as the name of our connections, where the address names no other.
const APPLICATION: &str = "trunkline";

/// Which database, and how it is used.
#[derive(Clone)]
pub struct PostgresOptions {
    connect: PgConnectOptions,
    /// How many connections there are at most, at least 1. Those of all replicas together must be fewer than the
    /// server's `max_connections`.
    pub connections: u32,
    /// How long a statement waits for a free connection before the database counts as unavailable.
    pub acquire_timeout: Duration,
    /// How long a statement may take before the server gives it up.
    pub statement_timeout: Duration,
    /// How long a statement may wait for somebody else's row. Less than the statement's own time, so that the error
    /// says which it was.
    pub lock_timeout: Duration,
    /// How long the server lets a connection sit in an open transaction.
    pub idle_in_transaction_timeout: Duration,
    /// Whose clock leases are set and compared by.
    pub lease_time: LeaseTime,
}

impl PostgresOptions {
    /// The database at an address, `postgres://user:password@host:port/database`. The error does not repeat it.
    pub fn new(url: &str) -> Result<Self, OpenError> {
        let connect: PgConnectOptions = url.parse().map_err(|_| OpenError::Address)?;
        let connect = match connect.get_application_name() {
            Some(_) => connect,
            None => connect.application_name(APPLICATION),
        };
        Ok(Self {
            connect,
            connections: 10,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
            lock_timeout: Duration::from_secs(5),
            idle_in_transaction_timeout: Duration::from_secs(10),
            lease_time: LeaseTime::Database,
        })
    }

    /// Where the database is, without a password.
    pub fn place(&self) -> String {
        let options = &self.connect;
        let database = options.get_database().unwrap_or(options.get_username());
        match options.get_socket() {
            Some(folder) => format!("{database} at {}", folder.display()),
            None => format!("{database} at {}:{}", options.get_host(), options.get_port()),
        }
    }

    /// For the pool: no statement, lock or forgotten transaction lasts for ever.
    pub(super) fn bounded(&self) -> PgConnectOptions {
        let milliseconds = |time: Duration| time.as_millis().max(1).to_string();
        self.connect.clone().options([
            ("statement_timeout", milliseconds(self.statement_timeout)),
            ("lock_timeout", milliseconds(self.lock_timeout)),
            ("idle_in_transaction_session_timeout", milliseconds(self.idle_in_transaction_timeout)),
            // A connection that comes back is rolled back whether it needs it or not; the server's remark that it did
            // not is of no use.
            ("client_min_messages", "error".to_owned()),
        ])
    }

    /// For migrations, which may take as long as they need.
    pub(super) fn unbounded(&self) -> PgConnectOptions {
        self.connect.clone().options([
            ("statement_timeout", "0"),
            ("lock_timeout", "0"),
            ("idle_in_transaction_session_timeout", "0"),
            ("client_min_messages", "warning"),
        ])
    }
}

impl std::fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("place", &self.place())
            .field("connections", &self.connections)
            .field("acquire_timeout", &self.acquire_timeout)
            .field("statement_timeout", &self.statement_timeout)
            .field("lock_timeout", &self.lock_timeout)
            .field("idle_in_transaction_timeout", &self.idle_in_transaction_timeout)
            .field("lease_time", &self.lease_time)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shows_the_password() {
        let options = PostgresOptions::new("postgres://ann:s3cret@db.example.com:5433/shop").unwrap();
        assert_eq!(options.place(), "shop at db.example.com:5433");
        assert!(!format!("{options:?}").contains("s3cret"));
        let refused = PostgresOptions::new("postgres://ann:s3cret@db.example.com:port/shop").unwrap_err();
        assert!(!format!("{refused:?} {refused}").contains("s3cret"));
    }
}

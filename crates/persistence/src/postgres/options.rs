//! How a PostgreSQL database is used. Every connection of this engine is made from these options.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use super::{LeaseTime, PostgresAddress};

/// Which database, and how it is used.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// Which.
    pub address: PostgresAddress,
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
    /// A database with the usual limits.
    pub const fn new(address: PostgresAddress) -> Self {
        Self {
            address,
            connections: 10,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
            lock_timeout: Duration::from_secs(5),
            idle_in_transaction_timeout: Duration::from_secs(10),
            lease_time: LeaseTime::Database,
        }
    }

    /// For the pool: no statement, lock or forgotten transaction lasts for ever.
    pub(super) fn bounded(&self) -> PgConnectOptions {
        let milliseconds = |time: Duration| time.as_millis().max(1).to_string();
        self.address.connect().options([
            ("statement_timeout", milliseconds(self.statement_timeout)),
            ("lock_timeout", milliseconds(self.lock_timeout)),
            ("idle_in_transaction_session_timeout", milliseconds(self.idle_in_transaction_timeout)),
            // The transitions read again what they have waited for, whatever the database's own default is.
            ("default_transaction_isolation", "read committed".to_owned()),
            // A connection that comes back is rolled back whether it needs it or not; the server's remark that it did
            // not is of no use.
            ("client_min_messages", "error".to_owned()),
        ])
    }

    /// For migrations, which may take as long as they need.
    pub(super) fn unbounded(&self) -> PgConnectOptions {
        self.address.connect().options([
            ("statement_timeout", "0"),
            ("lock_timeout", "0"),
            ("idle_in_transaction_session_timeout", "0"),
            ("client_min_messages", "warning"),
        ])
    }
}

//! The stores on PostgreSQL 15 and later: one database, any number of servers.
//!
//! - `address`, `options`, `open` and `migrations` make a [`PostgresStore`] of a database. Everything of ours is in the
//!   schema `trunkline`; a host's tables live beside it.
//! - `pool` holds the connections. Every transition is one function of the database, called by one statement in a
//!   transaction of its own; `error` says what a failure of it means, `retry` repeats it where another one beside it
//!   undid it.
//! - `answer`, `cells` and `envelope` are what calls have in common: what comes back, and what travels with a change.
//! - `orders`, `numbers`, `orphans`, `decisions`, `wallet`, `approvals`, `payments`, `journal`, `operations`, `reconciliation`, `sales`, `limits`, `tenancy`,
//!   `audit_trail`, `voice`, `alarms`, `notices` and `sessions` are the ports.
//! - `lease_time` says whose clock leases are set and compared by: the database's.

mod address;
mod alarms;
mod answer;
mod approvals;
mod audit_trail;
mod cells;
mod decisions;
mod envelope;
mod error;
mod import;
mod journal;
mod lease_time;
mod limits;
mod migrations;
mod notices;
mod numbers;
mod open;
mod operations;
mod options;
mod orders;
mod original;
mod orphans;
mod payments;
mod pool;
mod rates;
mod reconciliation;
mod retry;
mod sales;
mod sessions;
mod statements;
mod tenancy;
mod top_up_sends;
mod top_ups;
mod voice;
mod wallet;

pub use address::{PostgresAddress, PostgresAddressError};
pub use lease_time::LeaseTime;
pub use open::PostgresStore;
pub use options::PostgresOptions;
pub use original::{OriginalOpenError, PostgresOriginal};

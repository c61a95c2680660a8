//! The stores on SQLite: one file, one server, one writer.
//!
//! - `options`, `open`, `file`, `migrations` and `server_lock` make a [`SqliteStore`] of a file.
//! - `writer` owns the one connection that writes, and commits whatever queued up meanwhile as one transaction.
//! - `readers` is the pool that everything else reads with; a committed change is seen by the next read.
//! - `backup` copies a file beside its server, and puts a copy back.
//! - `ledger`, `claim`, `request`, `envelope` and `scope` are the parts that transitions and lists are made of, each with its
//!   SQL.
//! - `orders`, `numbers`, `orphans`, `decisions`, `wallet`, `approvals`, `payments`, `journal`, `operations`, `reconciliation`, `sales`, `limits`, `tenancy`,
//!   `audit_trail`, `voice`, `alarms`, `notices` and `sessions` are the ports.
//!
//! Leases are set and compared with the injected clock, read inside the writer's transaction.

mod alarms;
mod approvals;
mod audit_trail;
mod backup;
mod cells;
mod claim;
mod decisions;
mod envelope;
mod file;
mod import;
mod journal;
mod ledger;
mod limits;
mod migrations;
mod notices;
mod numbers;
mod open;
mod operations;
mod options;
mod orders;
mod orphans;
mod payments;
mod readers;
mod reconciliation;
mod request;
mod sales;
mod scope;
mod server_lock;
mod sessions;
mod statements;
mod tenancy;
mod time;
mod top_ups;
mod voice;
mod wallet;
mod writer;

pub use backup::{BackupContents, BackupError, BackupReport, BackupStep, Existing, RestoreReport, Scruples};
pub use open::SqliteStore;
pub use options::SqliteOptions;

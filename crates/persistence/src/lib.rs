//! Every store port on a database; the only crate that names sqlx.
//!
//! Two engines, one behaviour: [`SqliteStore`] and [`PostgresStore`] implement the store ports of the wallet, of
//! provisioning, of tenancy, of voice, of alarms, of notices, of sessions and of the import. Each has SQL of its own, natural to its engine, and both are held to
//! the same contract suites (`trunkline_wallet::contract`, `trunkline_provisioning::contract`,
//! `trunkline_tenancy::contract`, `trunkline_alarms::contract`, `trunkline_notices::contract`, `trunkline_sessions::contract`, `trunkline_import::contract`): only SQL is written twice, never a rule. Features `sqlite` and `postgres` choose; both are on by default.
//!
//! Transactions never leave this crate. A port method takes a whole [`trunkline_domain::Change`], and all of it is
//! stored or nothing: the transition, the answer under the client's idempotency key, the events and the audit lines.
//! Nobody is answered before the database has said that it is stored. What a caller can act on comes back as an
//! answer; an error says only whether the change may be stored (`OutcomeUnknown`), is certainly not (`Unavailable`),
//! or met rows that the rules forbid (`Broken`).
//!
//! [`PostgresOriginal`] reads the database that somebody moves from; it is the one thing here that is no store of ours.
//!
//! Of a SQLite file this crate makes verified copies beside its server ([`SqliteStore::back_up`]) and puts them back
//! ([`SqliteStore::restore`]); PostgreSQL has programs of its own for that. SQLite's backup interface is reached by
//! `rusqlite`, which links the same SQLite, and nothing else is.

#![cfg_attr(
    not(feature = "sqlite"),
    expect(dead_code, reason = "what both engines can share, one of them uses whole")
)]

mod audit;
mod cell;
mod codec;
mod columns;
mod error;
mod measure;
mod migration;
#[cfg(feature = "postgres")]
mod postgres;
mod request;
mod row;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use error::OpenError;
pub use measure::describe_metrics;
pub use migration::MigrationReport;
#[cfg(feature = "postgres")]
pub use postgres::{
    LeaseTime, OriginalOpenError, PostgresAddress, PostgresAddressError, PostgresOptions, PostgresOriginal,
    PostgresStore,
};
#[cfg(feature = "sqlite")]
pub use sqlite::{
    BackupContents, BackupError, BackupReport, BackupStep, Existing, RestoreReport, Scruples, SqliteOptions,
    SqliteStore,
};

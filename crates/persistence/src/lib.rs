//! Every store port on a database; the only crate that names sqlx.
//!
//! One engine so far: SQLite, by [`SqliteStore`], which implements the store ports of the wallet, of provisioning, of
//! tenancy and of voice. Another engine is a module beside `sqlite` with SQL of its own, held to the same contract
//! suites (`trunkline_wallet::contract`, `trunkline_provisioning::contract`, `trunkline_tenancy::contract`); nothing
//! but the schema's names and the suites is shared, because only SQL is written twice, never a rule.
//!
//! Transactions never leave this crate. A port method takes a whole [`trunkline_domain::Change`], and all of it is
//! stored or nothing: the transition, the answer under the client's idempotency key, the events and the audit lines.
//! Nobody is answered before the database has said that it is stored. What a caller can act on comes back as an
//! answer; an error says only whether the change may be stored (`OutcomeUnknown`), is certainly not (`Unavailable`),
//! or met rows that the rules forbid (`Broken`).

mod error;
mod measure;
mod sqlite;

pub use error::OpenError;
pub use measure::describe_metrics;
pub use sqlite::{MigrationReport, SqliteOptions, SqliteStore};

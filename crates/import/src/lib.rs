//! Moving from the original system: its users, businesses, numbers, balances and history become ours.
//!
//! The original is a PostgreSQL database with four tables, `business_v2`, `business_numbers`, `wallets` and
//! `transactions`. This crate is the only place that knows them: [`Original`] hands over rows by the names of their
//! columns, and what the columns mean is read here, tolerant of what may be called otherwise and plain about what is
//! missing. Rows come in the order of their users, so memory is bounded however large the original is.
//!
//! What is moved, what is only reported, and why, is decided by pure functions ([`Importer`] says in which order), and
//! each user is moved by one transition of the port [`ImportStore`]. *Invariants*: nothing is ever rounded; "could not
//! be asked" is never "absent"; everything moved has an id that follows from what it was, so that a run which was cut off
//! is simply made again; a dry run writes nothing.

mod account;
mod balance;
mod businesses;
#[cfg(feature = "contract-tests")]
pub mod contract;
mod history;
mod importer;
mod merge;
mod number;
mod original;
mod plan;
mod port;
mod report;
mod row;
mod schema;

pub use importer::{ImportError, ImportMode, ImportSettings, Importer, ImporterParts, ShowProgress};
pub use original::{Original, OriginalError, OriginalRow, OriginalTable, Ownership, Reading};
pub use port::{
    ImportAnswer, ImportStore, ImportStoreError, NumberImport, Opened, Standing, StandingQuestion, UserImport,
};
pub use report::{BalanceSum, Finding, FindingKind, ImportReport, Tally};
pub use schema::SchemaError;

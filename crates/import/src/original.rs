//! The port to the original database: its tables, row by row, by the names of their columns.

use async_trait::async_trait;
use serde_json::{Map, Value};

/// Reads the original, all of it as of one moment, and writes nothing there.
#[async_trait]
pub trait Original: Send {
    /// The names of a table's columns; none where there is no such table.
    async fn columns(&mut self, table: OriginalTable) -> Result<Vec<String>, OriginalError>;

    /// Begins to read tables, each in the order of its owners. Answers how many owners there are in all of them.
    async fn begin(&mut self, readings: &[Reading]) -> Result<u64, OriginalError>;

    /// The next rows of a table that is being read, at most so many; none at its end. Owners come in the order of
    /// their bytes, and rows without one last.
    async fn next(&mut self, table: OriginalTable, limit: u16) -> Result<Vec<OriginalRow>, OriginalError>;
}

/// The original could not be read to its end. What was moved until then stays moved.
#[derive(Debug, thiserror::Error)]
#[error("the original database could not be read")]
pub struct OriginalError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// A table of the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OriginalTable {
    /// What numbers were assigned to.
    Businesses,
    /// The numbers.
    Numbers,
    /// Balances.
    Wallets,
    /// What was booked on them.
    Transactions,
}

impl OriginalTable {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Businesses, Self::Numbers, Self::Wallets, Self::Transactions];

    /// Its name in the original.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Businesses => "business_v2",
            Self::Numbers => "business_numbers",
            Self::Wallets => "wallets",
            Self::Transactions => "transactions",
        }
    }
}

/// How a table is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Which table.
    pub table: OriginalTable,
    /// Whose a row is.
    pub ownership: Ownership,
    /// By which columns the rows of one owner are ordered.
    pub order: Vec<String>,
}

/// Whose a row is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ownership {
    /// A column says it.
    Column(String),
    /// The owner of the row of another table that a column refers to.
    Through {
        /// The referring column.
        column: String,
        /// The other table.
        table: OriginalTable,
        /// The column there that is referred to.
        key: String,
        /// The column there that names the owner.
        owner: String,
    },
}

/// A row, with whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct OriginalRow {
    /// The user's id, as text.
    pub owner: Option<String>,
    /// Everything else, by column: numbers with all their digits, times in UTC.
    pub columns: Map<String, Value>,
}

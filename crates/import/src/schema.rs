//! The original's tables as they are found: which columns there must be, under which of their names, and how each table
//! is read. Whatever is missing is said at once, so that nobody starts again for each.

use std::collections::BTreeMap;
use std::fmt;

use crate::{OriginalTable, Ownership, Reading};

/// Columns that say whose a row is.
const OWNERS: [&str; 2] = ["user_id", "owner_id"];
/// When something was booked.
pub(crate) const BOOKED_AT: [&str; 3] = ["created_at", "date", "transaction_date"];
/// What every balance column begins with.
pub(crate) const BALANCE: &str = "balance";

/// A database that is not the original's: everything that it lacks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SchemaError {
    /// A sentence each.
    pub missing: Vec<String>,
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this is not the original's database: {}", self.missing.join("; "))
    }
}

/// The columns of every table.
pub(crate) struct Schema {
    columns: BTreeMap<OriginalTable, Vec<String>>,
    missing: Vec<String>,
}

impl Schema {
    pub(crate) fn new(columns: BTreeMap<OriginalTable, Vec<String>>) -> Self {
        Self { columns, missing: Vec::new() }
    }

    /// How the tables are read, or all that is missing.
    pub(crate) fn readings(mut self) -> Result<Vec<Reading>, SchemaError> {
        let readings = OriginalTable::ALL.into_iter().filter_map(|table| self.reading(table)).collect();
        if self.missing.is_empty() { Ok(readings) } else { Err(SchemaError { missing: self.missing }) }
    }

    fn reading(&mut self, table: OriginalTable) -> Option<Reading> {
        if self.columns(table).is_empty() {
            self.missing.push(format!("there is no table {}", table.name()));
            return None;
        }
        let ownership = self.ownership(table);
        let mut order = Vec::new();
        match table {
            OriginalTable::Businesses => order.extend(self.require(table, &["id"])),
            OriginalTable::Numbers => {
                order.extend(self.require(table, &["id"]));
                self.require(table, &["phone_number"]);
            }
            OriginalTable::Wallets => {
                order.extend(self.find(table, &["id"]));
                if !self.columns(table).iter().any(|column| column.starts_with(BALANCE)) {
                    self.missing.push(format!("{} has no column {BALANCE} or {BALANCE}_usd", table.name()));
                }
            }
            OriginalTable::Transactions => {
                // The newest last, as it was booked.
                order.extend(self.require(table, &BOOKED_AT));
                order.extend(self.require(table, &["id"]));
                self.require(table, &["amount"]);
            }
        }
        Some(Reading { table, ownership: ownership?, order })
    }

    /// A transaction may name its wallet alone.
    fn ownership(&mut self, table: OriginalTable) -> Option<Ownership> {
        if let Some(column) = self.find(table, &OWNERS) {
            return Some(Ownership::Column(column));
        }
        let wallets = OriginalTable::Wallets;
        let through =
            (self.find(table, &["wallet_id"]), self.find(wallets, &["id"]), self.find(wallets, &OWNERS));
        if let (OriginalTable::Transactions, (Some(column), Some(key), Some(owner))) = (table, through) {
            return Some(Ownership::Through { column, table: wallets, key, owner });
        }
        self.require(table, &OWNERS).map(Ownership::Column)
    }

    fn require(&mut self, table: OriginalTable, names: &[&str]) -> Option<String> {
        let found = self.find(table, names);
        if found.is_none() {
            self.missing.push(format!("{} has no column {}", table.name(), names.join(" or ")));
        }
        found
    }

    fn find(&self, table: OriginalTable, names: &[&str]) -> Option<String> {
        let columns = self.columns(table);
        let found = names.iter().find(|name| columns.iter().any(|column| column == *name));
        found.map(|name| (*name).to_owned())
    }

    fn columns(&self, table: OriginalTable) -> &[String] {
        self.columns.get(&table).map(Vec::as_slice).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(tables: [&[&str]; 4]) -> Schema {
        let columns = OriginalTable::ALL.into_iter().zip(tables);
        Schema::new(
            columns
                .map(|(table, names)| (table, names.iter().map(|&name| name.to_owned()).collect()))
                .collect(),
        )
    }

    #[test]
    fn a_transaction_may_name_its_wallet_alone() {
        let readings = schema([
            &["id", "owner_id", "name"],
            &["id", "user_id", "phone_number"],
            &["id", "user_id", "balance_usd"],
            &["id", "wallet_id", "amount", "created_at"],
        ])
        .readings()
        .unwrap();
        assert_eq!(readings[0].ownership, Ownership::Column("owner_id".to_owned()));
        assert!(matches!(&readings[3].ownership, Ownership::Through { column, .. } if column == "wallet_id"));
        assert_eq!(readings[3].order, ["created_at", "id"]);
    }

    #[test]
    fn everything_that_is_missing_is_said_at_once() {
        let error =
            schema([&[], &["id", "phone_number"], &["user_id"], &["id", "user_id"]]).readings().unwrap_err();
        assert_eq!(
            error.to_string(),
            "this is not the original's database: there is no table business_v2; business_numbers has no column user_id \
             or owner_id; wallets has no column balance or balance_usd; transactions has no column created_at or date or \
             transaction_date; transactions has no column amount"
        );
    }
}

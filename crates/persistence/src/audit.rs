//! How a ledger's rows are handed to its audit on both engines: a row that says something else than it may is a
//! finding, an engine that fails ends the reading.

use trunkline_wallet::LedgerAudit;

use crate::error::{Failure, Fault};

/// What was read of a row, where it can be read; otherwise the audit hears why not, with the row's name.
pub(crate) fn found<T>(
    audit: &mut LedgerAudit,
    table: &str,
    id: &str,
    read: Result<T, Fault>,
) -> Result<Option<T>, Failure> {
    let why = match read {
        Ok(value) => return Ok(Some(value)),
        Err(Fault::Broken(why)) => why,
        Err(Fault::Engine(error @ (sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)))) => {
            error.to_string()
        }
        Err(engine @ Fault::Engine(_)) => return Err(engine.into()),
    };
    audit.unreadable(format!("{table} {id}"), why);
    Ok(None)
}

//! Handing the ledger's rows to its audit, the same on both engines. A row that says something else than it may is a
//! finding of the audit; an engine that fails ends the reading.

use sqlx::{FromRow, Row};
use trunkline_domain::TransferId;
use trunkline_wallet::LedgerAudit;

use crate::cell::Id;
use crate::error::Fault;
use crate::row::{AccountRow, OrderBooksRow, StatementEndRow, TransferRow};

/// The next account. `name` says which row it is.
pub(crate) fn account<'r, R: Row>(
    audit: &mut LedgerAudit,
    row: &'r R,
    name: impl FnOnce() -> String,
) -> Result<(), Fault>
where
    AccountRow: FromRow<'r, R>,
{
    let read = AccountRow::from_row(row).map_err(Fault::from).and_then(|row| row.account());
    match read {
        Ok(account) => audit.account(&account),
        Err(fault) => audit.unreadable(format!("account {}", name()), why(fault)?),
    }
    Ok(())
}

/// The next transfer. `name` says which row it is.
pub(crate) fn transfer<'r, R: Row>(
    audit: &mut LedgerAudit,
    row: &'r R,
    name: impl FnOnce() -> String,
) -> Result<(), Fault>
where
    TransferRow: FromRow<'r, R>,
{
    let read = TransferRow::from_row(row).map_err(Fault::from).and_then(|row| row.transfer());
    match read {
        Ok(transfer) => audit.transfer(&transfer),
        Err(fault) => audit.unreadable(format!("transfer {}", name()), why(fault)?),
    }
    Ok(())
}

/// The next hold that an undecided order owns. `name` says which it is.
pub(crate) fn owned_hold(
    audit: &mut LedgerAudit,
    hold: Result<Id, sqlx::Error>,
    name: impl FnOnce() -> String,
) -> Result<(), Fault> {
    match hold {
        Ok(Id(hold)) => audit.owned_holds([TransferId::from_uuid(hold)]),
        Err(error) => audit.unreadable(format!("hold {}", name()), why(error.into())?),
    }
    Ok(())
}

/// The next order beside its hold. `name` says which it is.
pub(crate) fn order<'r, R: Row>(
    audit: &mut LedgerAudit,
    row: &'r R,
    name: impl FnOnce() -> String,
) -> Result<(), Fault>
where
    OrderBooksRow: FromRow<'r, R>,
{
    let read = OrderBooksRow::from_row(row).map_err(Fault::from).and_then(|row| row.books());
    match read {
        Ok(books) => audit.order(&books),
        Err(fault) => audit.unreadable(format!("order {}", name()), why(fault)?),
    }
    Ok(())
}

/// The next transfer that should have an order and has none. `name` says which it is.
pub(crate) fn without_order(
    audit: &mut LedgerAudit,
    transfer: Result<Id, sqlx::Error>,
    name: impl FnOnce() -> String,
) -> Result<(), Fault> {
    match transfer {
        Ok(Id(transfer)) => audit.without_order(TransferId::from_uuid(transfer)),
        Err(error) => audit.unreadable(format!("transfer {}", name()), why(error.into())?),
    }
    Ok(())
}

/// The next closed month beside where it ends in the journal. `name` says whose it is.
pub(crate) fn statement<'r, R: Row>(
    audit: &mut LedgerAudit,
    row: &'r R,
    name: impl FnOnce() -> String,
) -> Result<(), Fault>
where
    StatementEndRow: FromRow<'r, R>,
{
    let read = StatementEndRow::from_row(row).map_err(Fault::from).and_then(|row| row.books());
    match read {
        Ok(books) => audit.statement(&books),
        Err(fault) => audit.unreadable(format!("statement of wallet {}", name()), why(fault)?),
    }
    Ok(())
}

/// What is wrong with a row, if that is what it is.
fn why(fault: Fault) -> Result<String, Fault> {
    match fault {
        Fault::Broken(why) => Ok(why),
        Fault::Engine(error @ (sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_))) => {
            Ok(error.to_string())
        }
        engine @ Fault::Engine(_) => Err(engine),
    }
}

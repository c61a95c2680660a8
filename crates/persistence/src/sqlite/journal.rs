//! The whole ledger for its audit: every account, every order with its hold, every transfer, every closed month, as of one moment.

use async_trait::async_trait;
use futures::TryStreamExt;
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, Row, SqliteConnection};
use trunkline_domain::TransferId;
use trunkline_wallet::{LedgerAudit, LedgerReader, LedgerSnapshot, WalletStoreError};

use super::SqliteStore;
use crate::audit;
use crate::cell::Id;
use crate::columns::transfer_columns;
use crate::error::{Failure, Fault};
use crate::row::{AccountRow, TransferRow};

const ACCOUNTS: &str = "SELECT id, kind, user_id, currency, posted, held, version FROM account ORDER BY id";

const OWNED_HOLDS: &str =
    "SELECT hold_id AS id FROM orders WHERE state IN ('ordering', 'unresolved', 'review')";

/// Each order beside its hold and what resolved it.
const ORDERS: &str = "SELECT o.id, o.state, o.charge, o.currency, o.wallet_id, o.hold_id, h.kind AS hold_kind,
                             h.amount AS hold_amount, h.currency AS hold_currency, h.wallet_id AS hold_wallet_id,
                             h.order_id AS hold_order_id, r.kind AS resolution
                      FROM orders o
                      LEFT JOIN transfer h ON h.id = o.hold_id
                      LEFT JOIN transfer r ON r.pending_id = h.id
                      ORDER BY o.id";

const WITHOUT_ORDER: &str = "SELECT t.id FROM transfer t
                             WHERE t.kind IN ('hold', 'capture', 'void')
                               AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = t.order_id)
                             ORDER BY t.id";

const TRANSFERS: &str =
    concat!("SELECT ", transfer_columns!(), " FROM transfer ORDER BY wallet_id, wallet_version");

const TRANSFER_IDS: &str = "SELECT id FROM transfer ORDER BY id";

/// Each closed month beside the transfer that it ends with, and beside what was credited to the wallet in it.
const STATEMENTS: &str = "SELECT s.wallet_id AS id, s.wallet_id, s.month, s.currency, s.after_version, s.last_version, s.lines,
                                 s.opening, s.total_in, s.total_out, s.closing, s.held, s.closed_at, e.posted_after AS end_posted,
                                 e.held_after AS end_held,
                                 (SELECT COALESCE(SUM(t.amount), 0) FROM transfer t
                                  WHERE t.wallet_id = s.wallet_id AND t.wallet_version > s.after_version
                                    AND t.wallet_version <= s.last_version AND t.credit_account = t.wallet_id) AS credited
                          FROM statement s
                          LEFT JOIN transfer e ON e.wallet_id = s.wallet_id AND e.wallet_version = s.last_version
                          ORDER BY s.wallet_id, s.month";

#[async_trait]
impl LedgerReader for SqliteStore {
    async fn read_into(&self, audit: &mut LedgerAudit) -> Result<(), WalletStoreError> {
        Ok(self.stream_ledger(audit).await?)
    }
}

impl SqliteStore {
    /// The rows come one by one from the connection's thread, which waits until they are taken.
    async fn stream_ledger(&self, audit: &mut LedgerAudit) -> Result<(), Failure> {
        let mut connection = self.readers.apart().await?;
        read_ledger_of(&mut connection, audit).await?;
        connection.close().await?;
        Ok(())
    }

    /// All of it at once.
    pub(super) async fn read_ledger(&self) -> Result<LedgerSnapshot, Failure> {
        let mut moment = self.readers.moment().await?;
        let accounts: Vec<AccountRow> = sqlx::query_as(ACCOUNTS).fetch_all(&mut *moment).await?;
        let transfers: Vec<TransferRow> = sqlx::query_as(TRANSFERS).fetch_all(&mut *moment).await?;
        moment.rollback().await?;
        Ok(LedgerSnapshot {
            accounts: accounts.iter().map(AccountRow::account).collect::<Result<_, Fault>>()?,
            transfers: transfers.iter().map(TransferRow::transfer).collect::<Result<_, Fault>>()?,
        })
    }
}

/// Hands over the ledger of whatever file the connection has open.
pub(super) async fn read_ledger_of(
    connection: &mut SqliteConnection,
    audit: &mut LedgerAudit,
) -> Result<(), Failure> {
    let mut moment = connection.begin().await?;
    read_accounts(&mut moment, audit).await?;
    read_owned_holds(&mut moment, audit).await?;
    read_orders(&mut moment, audit).await?;
    read_transfers(&mut moment, audit).await?;
    read_transfer_ids(&mut moment, audit).await?;
    read_statements(&mut moment, audit).await?;
    moment.rollback().await?;
    Ok(())
}

async fn read_accounts(moment: &mut SqliteConnection, audit: &mut LedgerAudit) -> Result<(), Failure> {
    let mut rows = sqlx::query(ACCOUNTS).fetch(moment);
    while let Some(row) = rows.try_next().await? {
        audit::account(audit, &row, || name(&row))?;
    }
    Ok(())
}

async fn read_owned_holds(moment: &mut SqliteConnection, audit: &mut LedgerAudit) -> Result<(), Failure> {
    audit.owned_holds([]);
    let mut rows = sqlx::query(OWNED_HOLDS).fetch(moment);
    while let Some(row) = rows.try_next().await? {
        audit::owned_hold(audit, row.try_get("id"), || name(&row))?;
    }
    Ok(())
}

async fn read_orders(moment: &mut SqliteConnection, audit: &mut LedgerAudit) -> Result<(), Failure> {
    let mut rows = sqlx::query(ORDERS).fetch(&mut *moment);
    while let Some(row) = rows.try_next().await? {
        audit::order(audit, &row, || name(&row))?;
    }
    drop(rows);
    let mut rows = sqlx::query(WITHOUT_ORDER).fetch(moment);
    while let Some(row) = rows.try_next().await? {
        audit::without_order(audit, row.try_get("id"), || name(&row))?;
    }
    Ok(())
}

async fn read_transfers(moment: &mut SqliteConnection, audit: &mut LedgerAudit) -> Result<(), Failure> {
    let mut rows = sqlx::query(TRANSFERS).fetch(moment);
    while let Some(row) = rows.try_next().await? {
        audit::transfer(audit, &row, || name(&row))?;
    }
    Ok(())
}

async fn read_transfer_ids(moment: &mut SqliteConnection, audit: &mut LedgerAudit) -> Result<(), Failure> {
    let mut rows = sqlx::query(TRANSFER_IDS).fetch(moment);
    while let Some(row) = rows.try_next().await? {
        // An id that cannot be read was named with its row.
        if let Ok(Id(id)) = row.try_get("id") {
            audit.transfer_id(TransferId::from_uuid(id));
        }
    }
    Ok(())
}

async fn read_statements(moment: &mut SqliteConnection, audit: &mut LedgerAudit) -> Result<(), Failure> {
    let mut rows = sqlx::query(STATEMENTS).fetch(moment);
    while let Some(row) = rows.try_next().await? {
        audit::statement(audit, &row, || name(&row))?;
    }
    Ok(())
}

/// The id of a row, as it is stored.
fn name(row: &SqliteRow) -> String {
    row.try_get_unchecked("id").unwrap_or_else(|_| "without an id".to_owned())
}

//! The whole ledger for its audit: every account, every order with its hold, every transfer, every closed month, as of one moment.

use async_trait::async_trait;
use futures::TryStreamExt;
use sqlx::postgres::PgRow;
use sqlx::{Postgres, Row};
use trunkline_domain::TransferId;
use trunkline_wallet::{LedgerAudit, LedgerReader, LedgerSnapshot, WalletStoreError};

use super::PostgresStore;
use super::error::{self, Work};
use crate::audit;
use crate::cell::Id;
use crate::columns::transfer_columns;
use crate::error::{Failure, Fault};
use crate::row::{AccountRow, TransferRow};

/// A moment of the database: everything read in it agrees.
type Moment = sqlx::Transaction<'static, Postgres>;

const ACCOUNTS: &str =
    "SELECT id, kind, user_id, currency, posted, held, version FROM trunkline.account ORDER BY id";

const OWNED_HOLDS: &str =
    "SELECT hold_id AS id FROM trunkline.orders WHERE state IN ('ordering', 'unresolved', 'review')";

/// Each order beside its hold and what resolved it.
const ORDERS: &str = "SELECT o.id, o.state, o.charge, o.currency, o.wallet_id, o.hold_id, h.kind AS hold_kind,
                             h.amount AS hold_amount, h.currency AS hold_currency, h.wallet_id AS hold_wallet_id,
                             h.order_id AS hold_order_id, r.kind AS resolution
                      FROM trunkline.orders o
                      LEFT JOIN trunkline.transfer h ON h.id = o.hold_id
                      LEFT JOIN trunkline.transfer r ON r.pending_id = h.id
                      ORDER BY o.id";

const WITHOUT_ORDER: &str = "SELECT t.id FROM trunkline.transfer t
                             WHERE t.kind IN ('hold', 'capture', 'void')
                               AND NOT EXISTS (SELECT 1 FROM trunkline.orders o WHERE o.id = t.order_id)
                             ORDER BY t.id";

const TRANSFERS: &str =
    concat!("SELECT ", transfer_columns!(), " FROM trunkline.transfer ORDER BY wallet_id, wallet_version");

const TRANSFER_IDS: &str = "SELECT id FROM trunkline.transfer ORDER BY id";

/// Each closed month beside the transfer that it ends with, and beside what was credited to the wallet in it.
const STATEMENTS: &str = "SELECT s.wallet_id AS id, s.wallet_id, s.month, s.currency, s.after_version, s.last_version, s.lines,
                                 s.opening, s.total_in, s.total_out, s.closing, s.held, s.closed_at, e.posted_after AS end_posted,
                                 e.held_after AS end_held,
                                 (SELECT COALESCE(SUM(t.amount), 0) FROM trunkline.transfer t
                                  WHERE t.wallet_id = s.wallet_id AND t.wallet_version > s.after_version
                                    AND t.wallet_version <= s.last_version AND t.credit_account = t.wallet_id) AS credited
                          FROM trunkline.statement s
                          LEFT JOIN trunkline.transfer e ON e.wallet_id = s.wallet_id AND e.wallet_version = s.last_version
                          ORDER BY s.wallet_id, s.month";

#[async_trait]
impl LedgerReader for PostgresStore {
    async fn read_into(&self, audit: &mut LedgerAudit) -> Result<(), WalletStoreError> {
        Ok(self.stream_ledger(audit).await?)
    }
}

impl PostgresStore {
    /// The rows come as they are taken: the server waits when we do.
    async fn stream_ledger(&self, audit: &mut LedgerAudit) -> Result<(), Failure> {
        let mut moment = self.pool.moment().await?;
        read_accounts(&mut moment, audit).await?;
        read_owned_holds(&mut moment, audit).await?;
        read_orders(&mut moment, audit).await?;
        read_transfers(&mut moment, audit).await?;
        read_transfer_ids(&mut moment, audit).await?;
        read_statements(&mut moment, audit).await?;
        moment.rollback().await.map_err(unread)
    }

    /// All of it at once.
    pub(super) async fn read_ledger(&self) -> Result<LedgerSnapshot, Failure> {
        let mut moment = self.pool.moment().await?;
        let accounts: Vec<AccountRow> =
            sqlx::query_as(ACCOUNTS).fetch_all(&mut *moment).await.map_err(unread)?;
        let transfers: Vec<TransferRow> =
            sqlx::query_as(TRANSFERS).fetch_all(&mut *moment).await.map_err(unread)?;
        moment.rollback().await.map_err(unread)?;
        Ok(LedgerSnapshot {
            accounts: accounts.iter().map(AccountRow::account).collect::<Result<_, Fault>>()?,
            transfers: transfers.iter().map(TransferRow::transfer).collect::<Result<_, Fault>>()?,
        })
    }
}

async fn read_accounts(moment: &mut Moment, audit: &mut LedgerAudit) -> Result<(), Failure> {
    let mut rows = sqlx::query(ACCOUNTS).fetch(&mut **moment);
    while let Some(row) = rows.try_next().await.map_err(unread)? {
        audit::account(audit, &row, || name(&row))?;
    }
    Ok(())
}

async fn read_owned_holds(moment: &mut Moment, audit: &mut LedgerAudit) -> Result<(), Failure> {
    audit.owned_holds([]);
    let mut rows = sqlx::query(OWNED_HOLDS).fetch(&mut **moment);
    while let Some(row) = rows.try_next().await.map_err(unread)? {
        audit::owned_hold(audit, row.try_get("id"), || name(&row))?;
    }
    Ok(())
}

async fn read_orders(moment: &mut Moment, audit: &mut LedgerAudit) -> Result<(), Failure> {
    let mut rows = sqlx::query(ORDERS).fetch(&mut **moment);
    while let Some(row) = rows.try_next().await.map_err(unread)? {
        audit::order(audit, &row, || name(&row))?;
    }
    drop(rows);
    let mut rows = sqlx::query(WITHOUT_ORDER).fetch(&mut **moment);
    while let Some(row) = rows.try_next().await.map_err(unread)? {
        audit::without_order(audit, row.try_get("id"), || name(&row))?;
    }
    Ok(())
}

async fn read_transfers(moment: &mut Moment, audit: &mut LedgerAudit) -> Result<(), Failure> {
    let mut rows = sqlx::query(TRANSFERS).fetch(&mut **moment);
    while let Some(row) = rows.try_next().await.map_err(unread)? {
        audit::transfer(audit, &row, || name(&row))?;
    }
    Ok(())
}

async fn read_transfer_ids(moment: &mut Moment, audit: &mut LedgerAudit) -> Result<(), Failure> {
    let mut rows = sqlx::query(TRANSFER_IDS).fetch(&mut **moment);
    while let Some(row) = rows.try_next().await.map_err(unread)? {
        let Id(id) = row.try_get("id").map_err(unread)?;
        audit.transfer_id(TransferId::from_uuid(id));
    }
    Ok(())
}

async fn read_statements(moment: &mut Moment, audit: &mut LedgerAudit) -> Result<(), Failure> {
    let mut rows = sqlx::query(STATEMENTS).fetch(&mut **moment);
    while let Some(row) = rows.try_next().await.map_err(unread)? {
        audit::statement(audit, &row, || name(&row))?;
    }
    Ok(())
}

fn unread(error: sqlx::Error) -> Failure {
    error::failure(Work::Reading, error)
}

/// The id of a row.
fn name(row: &PgRow) -> String {
    row.try_get("id").map_or_else(|_| "without an id".to_owned(), |Id(id)| id.to_string())
}

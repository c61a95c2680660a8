//! The whole ledger for its audit: every account, the holds of undecided orders, every transfer, as of one moment.

use async_trait::async_trait;
use futures::TryStreamExt;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use trunkline_domain::TransferId;
use trunkline_wallet::{LedgerAudit, LedgerReader, LedgerSnapshot, WalletStoreError};

use super::PostgresStore;
use super::pool::Snapshot;
use crate::audit::found;
use crate::cell::Id;
use crate::columns::transfer_columns;
use crate::error::{Failure, Fault};
use crate::row::{AccountRow, TransferRow};

const ACCOUNTS: &str =
    "SELECT id, kind, user_id, currency, posted, held, version FROM trunkline.account ORDER BY id";

const OWNED_HOLDS: &str =
    "SELECT hold_id FROM trunkline.orders WHERE state IN ('ordering', 'unresolved', 'review')";

const TRANSFERS: &str =
    concat!("SELECT ", transfer_columns!(), " FROM trunkline.transfer ORDER BY wallet_id, wallet_version");

const TRANSFER_IDS: &str = "SELECT id FROM trunkline.transfer ORDER BY id";

#[async_trait]
impl LedgerReader for PostgresStore {
    async fn read_into(&self, audit: &mut LedgerAudit) -> Result<(), WalletStoreError> {
        Ok(self.stream_ledger(audit).await?)
    }
}

impl PostgresStore {
    /// The rows come as the connection takes them in.
    async fn stream_ledger(&self, audit: &mut LedgerAudit) -> Result<(), Failure> {
        let mut moment = self.pool.snapshot().await?;
        read_accounts(&mut moment, audit).await?;
        read_owned_holds(&mut moment, audit).await?;
        read_transfers(&mut moment, audit).await?;
        read_transfer_ids(&mut moment, audit).await?;
        moment.rollback().await?;
        Ok(())
    }

    /// All of it at once.
    pub(super) async fn read_ledger(&self) -> Result<LedgerSnapshot, Failure> {
        let mut moment = self.pool.snapshot().await?;
        let accounts: Vec<AccountRow> = sqlx::query_as(ACCOUNTS).fetch_all(&mut *moment).await?;
        let transfers: Vec<TransferRow> = sqlx::query_as(TRANSFERS).fetch_all(&mut *moment).await?;
        moment.rollback().await?;
        Ok(LedgerSnapshot {
            accounts: accounts.iter().map(AccountRow::account).collect::<Result<_, Fault>>()?,
            transfers: transfers.iter().map(TransferRow::transfer).collect::<Result<_, Fault>>()?,
        })
    }
}

async fn read_accounts(moment: &mut Snapshot, audit: &mut LedgerAudit) -> Result<(), Failure> {
    let mut rows = sqlx::query(ACCOUNTS).fetch(&mut **moment);
    while let Some(row) = rows.try_next().await? {
        let read = AccountRow::from_row(&row).map_err(Fault::from).and_then(|row| row.account());
        if let Some(account) = found(audit, "account", &id_of(&row), read)? {
            audit.account(&account);
        }
    }
    Ok(())
}

async fn read_owned_holds(moment: &mut Snapshot, audit: &mut LedgerAudit) -> Result<(), Failure> {
    audit.owned_holds([]);
    let mut rows = sqlx::query_as::<_, (Id,)>(OWNED_HOLDS).fetch(&mut **moment);
    while let Some((hold,)) = rows.try_next().await? {
        audit.owned_holds([TransferId::from_uuid(hold.0)]);
    }
    Ok(())
}

async fn read_transfers(moment: &mut Snapshot, audit: &mut LedgerAudit) -> Result<(), Failure> {
    let mut rows = sqlx::query(TRANSFERS).fetch(&mut **moment);
    while let Some(row) = rows.try_next().await? {
        let read = TransferRow::from_row(&row).map_err(Fault::from).and_then(|row| row.transfer());
        if let Some(transfer) = found(audit, "transfer", &id_of(&row), read)? {
            audit.transfer(&transfer);
        }
    }
    Ok(())
}

async fn read_transfer_ids(moment: &mut Snapshot, audit: &mut LedgerAudit) -> Result<(), Failure> {
    let mut rows = sqlx::query_as::<_, (Id,)>(TRANSFER_IDS).fetch(&mut **moment);
    while let Some((id,)) = rows.try_next().await? {
        audit.transfer_id(TransferId::from_uuid(id.0));
    }
    Ok(())
}

fn id_of(row: &PgRow) -> String {
    row.try_get("id").map_or_else(|_| "without an id".to_owned(), |Id(id)| id.to_string())
}

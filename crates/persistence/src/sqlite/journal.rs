//! The whole ledger for its audit: every account, the holds of undecided orders, every transfer, as of one moment.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use sqlx::{Connection, FromRow, SqliteConnection};
use trunkline_domain::Money;
use trunkline_wallet::{
    Account, AccountId, AccountKind, LedgerAudit, LedgerReader, LedgerSnapshot, Transfer, TransferKind,
    WalletStoreError,
};

use super::codec::{money, named, parse, parse_optional};
use super::columns::transfer_columns;
use super::{SqliteStore, time};
use crate::error::{Failure, Fault};

const ACCOUNTS: &str = "SELECT id, kind, user_id, currency, posted, held, version FROM account ORDER BY id";

const OWNED_HOLDS: &str = "SELECT hold_id FROM orders WHERE state IN ('ordering', 'unresolved', 'review')";

const TRANSFERS: &str =
    concat!("SELECT ", transfer_columns!(), " FROM transfer ORDER BY wallet_id, wallet_version");

const TRANSFER_IDS: &str = "SELECT id FROM transfer ORDER BY id";

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
        let mut moment = connection.begin().await?;
        read_accounts(&mut moment, audit).await?;
        read_owned_holds(&mut moment, audit).await?;
        read_transfers(&mut moment, audit).await?;
        read_transfer_ids(&mut moment, audit).await?;
        moment.rollback().await?;
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

async fn read_accounts(moment: &mut SqliteConnection, audit: &mut LedgerAudit) -> Result<(), Failure> {
    let mut rows = sqlx::query_as::<_, AccountRow>(ACCOUNTS).fetch(moment);
    while let Some(row) = rows.try_next().await? {
        match row.account() {
            Ok(account) => audit.account(&account),
            Err(fault) => unreadable(audit, "account", &row.id, fault)?,
        }
    }
    Ok(())
}

async fn read_owned_holds(moment: &mut SqliteConnection, audit: &mut LedgerAudit) -> Result<(), Failure> {
    audit.owned_holds([]);
    let mut rows = sqlx::query_scalar::<_, String>(OWNED_HOLDS).fetch(moment);
    while let Some(hold) = rows.try_next().await? {
        match parse("orders.hold_id", &hold) {
            Ok(id) => audit.owned_holds([id]),
            Err(fault) => unreadable(audit, "hold", &hold, fault)?,
        }
    }
    Ok(())
}

async fn read_transfers(moment: &mut SqliteConnection, audit: &mut LedgerAudit) -> Result<(), Failure> {
    let mut rows = sqlx::query_as::<_, TransferRow>(TRANSFERS).fetch(moment);
    while let Some(row) = rows.try_next().await? {
        match row.transfer() {
            Ok(transfer) => audit.transfer(&transfer),
            Err(fault) => unreadable(audit, "transfer", &row.id, fault)?,
        }
    }
    Ok(())
}

async fn read_transfer_ids(moment: &mut SqliteConnection, audit: &mut LedgerAudit) -> Result<(), Failure> {
    let mut rows = sqlx::query_scalar::<_, String>(TRANSFER_IDS).fetch(moment);
    while let Some(id) = rows.try_next().await? {
        // An id that cannot be read was named with its row.
        if let Ok(id) = parse("transfer.id", &id) {
            audit.transfer_id(id);
        }
    }
    Ok(())
}

/// A row that says something else than it may is a finding; an engine that fails ends the reading.
fn unreadable(audit: &mut LedgerAudit, table: &str, id: &str, fault: Fault) -> Result<(), Failure> {
    match fault {
        Fault::Broken(why) => {
            audit.unreadable(format!("{table} {id}"), why);
            Ok(())
        }
        engine @ Fault::Engine(_) => Err(engine.into()),
    }
}

#[derive(FromRow)]
struct AccountRow {
    id: String,
    kind: String,
    user_id: Option<String>,
    currency: String,
    posted: i64,
    held: i64,
    version: i64,
}

impl AccountRow {
    fn account(&self) -> Result<Account, Fault> {
        Ok(Account {
            id: account_id("account.id", &self.id)?,
            kind: named("account.kind", &self.kind, AccountKind::from_name)?,
            user: parse_optional("account.user_id", self.user_id.as_deref())?,
            posted: money(self.posted, &self.currency)?,
            held: money(self.held, &self.currency)?,
            version: self.version,
        })
    }
}

#[derive(FromRow)]
struct TransferRow {
    id: String,
    kind: String,
    debit_account: String,
    credit_account: String,
    amount: i64,
    currency: String,
    pending_id: Option<String>,
    reverses_id: Option<String>,
    order_id: Option<String>,
    number_id: Option<String>,
    description: String,
    wallet_id: String,
    wallet_version: i64,
    posted_after: i64,
    held_after: i64,
    created_at: String,
}

impl TransferRow {
    fn transfer(&self) -> Result<Transfer, Fault> {
        let amount_of = |micros: i64| -> Result<Money, Fault> { money(micros, &self.currency) };
        let created_at: DateTime<Utc> = time::from_text(&self.created_at)?;
        Ok(Transfer {
            id: parse("transfer.id", &self.id)?,
            kind: named("transfer.kind", &self.kind, TransferKind::from_name)?,
            debit: account_id("transfer.debit_account", &self.debit_account)?,
            credit: account_id("transfer.credit_account", &self.credit_account)?,
            amount: amount_of(self.amount)?,
            pending: parse_optional("transfer.pending_id", self.pending_id.as_deref())?,
            reverses: parse_optional("transfer.reverses_id", self.reverses_id.as_deref())?,
            order: parse_optional("transfer.order_id", self.order_id.as_deref())?,
            number: parse_optional("transfer.number_id", self.number_id.as_deref())?,
            description: self.description.clone(),
            wallet: account_id("transfer.wallet_id", &self.wallet_id)?,
            wallet_version: self.wallet_version,
            posted_after: amount_of(self.posted_after)?,
            held_after: amount_of(self.held_after)?,
            created_at,
        })
    }
}

fn account_id(column: &'static str, stored: &str) -> Result<AccountId, Fault> {
    Ok(AccountId::from_uuid(parse(column, stored)?))
}

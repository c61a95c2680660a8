//! Closed months of wallets: one insert, guarded by what is closed and by the journal's row that it ends at.

use async_trait::async_trait;
use trunkline_domain::{Change, Money};
use trunkline_wallet::{
    AccountId, CloseStatementAnswer, Statement, StatementClosing, StatementMonth, StatementStore, Transfer,
    WalletDue, WalletStoreError,
};

use super::writer::{Apply, Decision, Transaction};
use super::{SqliteStore, time};
use crate::codec::{optional_text, text};
use crate::columns::{statement_columns, transfer_columns};
use crate::error::{Failure, Fault};
use crate::row::{StatementRow, TransferRow, WalletDueRow};

#[async_trait]
impl StatementStore for SqliteStore {
    async fn closed(
        &self,
        wallet: AccountId,
        before: Option<StatementMonth>,
        limit: u16,
    ) -> Result<Vec<Statement>, WalletStoreError> {
        Ok(self.find_closed(wallet, before, limit).await?)
    }

    async fn journal(
        &self,
        wallet: AccountId,
        after: i64,
        limit: u16,
    ) -> Result<Vec<Transfer>, WalletStoreError> {
        Ok(self.find_journal(wallet, after, limit).await?)
    }

    async fn due(
        &self,
        month: StatementMonth,
        after: Option<AccountId>,
        limit: u16,
    ) -> Result<Vec<WalletDue>, WalletStoreError> {
        Ok(self.find_due(month, after, limit).await?)
    }

    async fn close_month(
        &self,
        change: &Change<StatementClosing>,
    ) -> Result<CloseStatementAnswer, WalletStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }
}

impl SqliteStore {
    async fn find_closed(
        &self,
        wallet: AccountId,
        before: Option<StatementMonth>,
        limit: u16,
    ) -> Result<Vec<Statement>, Failure> {
        let mut connection = self.readers.one().await?;
        let rows: Vec<StatementRow> = sqlx::query_as(concat!(
            "SELECT ",
            statement_columns!(),
            " FROM statement WHERE wallet_id = ?1 AND (?2 IS NULL OR month < ?2) ORDER BY month DESC LIMIT ?3"
        ))
        .bind(text(wallet))
        .bind(optional_text(before))
        .bind(limit)
        .fetch_all(&mut *connection)
        .await?;
        Ok(rows.iter().map(StatementRow::statement).collect::<Result<_, Fault>>()?)
    }

    async fn find_journal(
        &self,
        wallet: AccountId,
        after: i64,
        limit: u16,
    ) -> Result<Vec<Transfer>, Failure> {
        let mut connection = self.readers.one().await?;
        let rows: Vec<TransferRow> = sqlx::query_as(concat!(
            "SELECT ",
            transfer_columns!(),
            " FROM transfer WHERE wallet_id = ?1 AND wallet_version > ?2 ORDER BY wallet_version LIMIT ?3"
        ))
        .bind(text(wallet))
        .bind(after)
        .bind(limit)
        .fetch_all(&mut *connection)
        .await?;
        Ok(rows.iter().map(TransferRow::transfer).collect::<Result<_, Fault>>()?)
    }

    async fn find_due(
        &self,
        month: StatementMonth,
        after: Option<AccountId>,
        limit: u16,
    ) -> Result<Vec<WalletDue>, Failure> {
        let mut connection = self.readers.one().await?;
        let rows: Vec<WalletDueRow> = sqlx::query_as(
            "SELECT w.id, w.user_id, w.currency FROM account w
             WHERE w.kind = 'wallet' AND (?2 IS NULL OR w.id > ?2)
               AND EXISTS (SELECT 1 FROM transfer t
                           WHERE t.wallet_id = w.id AND t.wallet_version = 1 AND t.created_at < ?3)
               AND NOT EXISTS (SELECT 1 FROM statement s WHERE s.wallet_id = w.id AND s.month >= ?1)
             ORDER BY w.id LIMIT ?4",
        )
        .bind(text(month))
        .bind(optional_text(after))
        .bind(time::to_text(month.ends()))
        .bind(limit)
        .fetch_all(&mut *connection)
        .await?;
        Ok(rows.iter().map(WalletDueRow::due).collect::<Result<_, Fault>>()?)
    }
}

#[async_trait]
impl Apply for StatementClosing {
    type Answer = CloseStatementAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<CloseStatementAnswer>, Fault> {
        let closing = &change.body;
        let statement = &closing.statement;
        let latest = latest(transaction, statement.wallet).await?;
        if is_closed(transaction, statement).await? {
            return Ok(Decision::Unchanged(CloseStatementAnswer::ClosedBefore));
        }
        if transaction.now < closing.due {
            return Ok(Decision::Unchanged(CloseStatementAnswer::TooEarly));
        }
        let zero = Money::zero(statement.currency());
        let (month, version, balance) =
            latest.map_or((None, 0, zero), |last| (Some(last.month), last.last_version, last.closing));
        if (month, version, balance) != (closing.follows, statement.after_version, statement.opening) {
            return Ok(Decision::Unchanged(CloseStatementAnswer::OutOfTurn));
        }
        if !ends_as_the_journal_says(transaction, statement).await? {
            let Statement { wallet, last_version, .. } = statement;
            let why =
                format!("the history of wallet {wallet} has no place {last_version} with these balances");
            return Err(Fault::Broken(why));
        }
        insert(transaction, closing).await?;
        Ok(Decision::Applied(CloseStatementAnswer::Closed))
    }
}

/// The newest month of a wallet that is closed.
async fn latest(transaction: &mut Transaction<'_>, wallet: AccountId) -> Result<Option<Statement>, Fault> {
    let row: Option<StatementRow> = sqlx::query_as(concat!(
        "SELECT ",
        statement_columns!(),
        " FROM statement WHERE wallet_id = ?1 ORDER BY month DESC LIMIT 1"
    ))
    .bind(text(wallet))
    .fetch_optional(&mut *transaction.connection)
    .await?;
    row.map(|row| row.statement()).transpose()
}

async fn is_closed(transaction: &mut Transaction<'_>, statement: &Statement) -> Result<bool, Fault> {
    let known =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM statement WHERE wallet_id = ?1 AND month = ?2)")
            .bind(text(statement.wallet))
            .bind(text(statement.month))
            .fetch_one(&mut *transaction.connection)
            .await?;
    Ok(known)
}

async fn ends_as_the_journal_says(
    transaction: &mut Transaction<'_>,
    statement: &Statement,
) -> Result<bool, Fault> {
    let found = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM transfer
                        WHERE wallet_id = ?1 AND wallet_version = ?2 AND posted_after = ?3 AND held_after = ?4)",
    )
    .bind(text(statement.wallet))
    .bind(statement.last_version)
    .bind(statement.closing.micros())
    .bind(statement.held.micros())
    .fetch_one(&mut *transaction.connection)
    .await?;
    Ok(found)
}

async fn insert(transaction: &mut Transaction<'_>, closing: &StatementClosing) -> Result<(), Fault> {
    let statement = &closing.statement;
    sqlx::query(concat!(
        "INSERT INTO statement (",
        statement_columns!(),
        ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
    ))
    .bind(text(statement.wallet))
    .bind(text(statement.month))
    .bind(statement.currency().code())
    .bind(statement.after_version)
    .bind(statement.last_version)
    .bind(statement.lines.cast_signed())
    .bind(statement.opening.micros())
    .bind(statement.total_in.micros())
    .bind(statement.total_out.micros())
    .bind(statement.closing.micros())
    .bind(statement.held.micros())
    .bind(time::to_text(closing.at))
    .execute(&mut *transaction.connection)
    .await?;
    Ok(())
}

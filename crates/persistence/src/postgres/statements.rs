//! Closed months of wallets.

use async_trait::async_trait;
use sqlx::types::Json;
use trunkline_domain::Change;
use trunkline_wallet::{
    AccountId, CloseStatementAnswer, Statement, StatementClosing, StatementMonth, StatementStore, Transfer,
    WalletDue, WalletStoreError,
};

use super::PostgresStore;
use crate::cell::Moment;
use crate::columns::{statement_columns, transfer_columns};
use crate::error::{Failure, Fault};
use crate::row::{StatementRow, TransferRow, WalletDueRow};

#[async_trait]
impl StatementStore for PostgresStore {
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
        Ok(self.close_statement(change).await?)
    }
}

impl PostgresStore {
    async fn find_closed(
        &self,
        wallet: AccountId,
        before: Option<StatementMonth>,
        limit: u16,
    ) -> Result<Vec<Statement>, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT ",
            statement_columns!(),
            " FROM trunkline.statement WHERE wallet_id = $1 AND ($2::text IS NULL OR month < $2)
              ORDER BY month DESC LIMIT $3"
        ))
        .bind(wallet.as_uuid())
        .bind(before.map(|month| month.to_string()))
        .bind(i64::from(limit));
        let rows: Vec<StatementRow> = self.pool.list(query).await?;
        Ok(rows.iter().map(StatementRow::statement).collect::<Result<_, Fault>>()?)
    }

    async fn find_journal(
        &self,
        wallet: AccountId,
        after: i64,
        limit: u16,
    ) -> Result<Vec<Transfer>, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT ",
            transfer_columns!(),
            " FROM trunkline.transfer WHERE wallet_id = $1 AND wallet_version > $2
              ORDER BY wallet_version LIMIT $3"
        ))
        .bind(wallet.as_uuid())
        .bind(after)
        .bind(i64::from(limit));
        let rows: Vec<TransferRow> = self.pool.list(query).await?;
        Ok(rows.iter().map(TransferRow::transfer).collect::<Result<_, Fault>>()?)
    }

    async fn find_due(
        &self,
        month: StatementMonth,
        after: Option<AccountId>,
        limit: u16,
    ) -> Result<Vec<WalletDue>, Failure> {
        let query = sqlx::query_as(
            "SELECT wallet.id, wallet.user_id, wallet.currency FROM trunkline.account wallet
             WHERE wallet.kind = 'wallet' AND ($2::uuid IS NULL OR wallet.id > $2)
               AND EXISTS (SELECT FROM trunkline.transfer first
                           WHERE first.wallet_id = wallet.id AND first.wallet_version = 1 AND first.created_at < $3)
               AND NOT EXISTS (SELECT FROM trunkline.statement closed
                               WHERE closed.wallet_id = wallet.id AND closed.month >= $1)
             ORDER BY wallet.id LIMIT $4",
        )
        .bind(month.to_string())
        .bind(after.map(AccountId::as_uuid))
        .bind(month.ends())
        .bind(i64::from(limit));
        let rows: Vec<WalletDueRow> = self.pool.list(query).await?;
        Ok(rows.iter().map(WalletDueRow::due).collect::<Result<_, Fault>>()?)
    }

    async fn close_statement(
        &self,
        change: &Change<StatementClosing>,
    ) -> Result<CloseStatementAnswer, Failure> {
        let StatementClosing { statement, follows, due, at } = &change.body;
        let query = sqlx::query_as(
            "SELECT trunkline.close_statement_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
                                                $17)",
        )
        .bind(statement.wallet.as_uuid())
        .bind(statement.month.to_string())
        .bind(follows.map(|month| month.to_string()))
        .bind(statement.currency().code())
        .bind(statement.after_version)
        .bind(statement.last_version)
        .bind(statement.lines.cast_signed())
        .bind(statement.opening.amount())
        .bind(statement.total_in.amount())
        .bind(statement.total_out.amount())
        .bind(statement.closing.amount())
        .bind(statement.held.amount())
        .bind(*due)
        .bind(Moment::of(*at).time())
        .bind(Json(&change.events))
        .bind(Json(&change.audit))
        .bind(self.lease_time.given());
        let (outcome,): (String,) = self.pool.change(query).await?;
        match outcome.as_str() {
            "closed" => Ok(CloseStatementAnswer::Closed),
            "closed_before" => Ok(CloseStatementAnswer::ClosedBefore),
            "out_of_turn" => Ok(CloseStatementAnswer::OutOfTurn),
            "too_early" => Ok(CloseStatementAnswer::TooEarly),
            other => Err(Failure::Broken(format!("close_statement_1 answered `{other}`"))),
        }
    }
}

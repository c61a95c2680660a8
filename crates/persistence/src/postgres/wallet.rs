//! The wallet's port: credits, corrections, balances, histories. `journal` reads the whole ledger.

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, Row};
use trunkline_domain::{ApprovalId, Change, Currency, Money, TransferId, UserId};
use trunkline_wallet::{
    AccountId, AccountKind, Adjustment, AdjustmentAnswer, Approval, ApprovalAsking, ApprovalFilter,
    ApprovalGrant, ApprovalPage, ApprovalRejection, ApprovalRule, ApproveAnswer, AskAnswer, Balance, Credit,
    CreditAnswer, LedgerSnapshot, RejectAnswer, TransactionPage, WalletStanding, WalletStore,
    WalletStoreError,
};

use super::answer::row_where;
use super::cells::interval;
use super::{PostgresStore, envelope};
use crate::cell::{Id, Micros};
use crate::columns::payment_columns;
use crate::error::{Failure, Fault};
use crate::row::{BalanceRow, ImportedLineRow, LineRow, PaymentRow, WalletRow, cut_page, newest_first};

/// Where a line of the user `$1` stands in their history: the transfer `$2`, or the payment that is not credited.
macro_rules! place {
    () => {
        "SELECT last.created_at, last.id FROM trunkline.transfer last
         JOIN trunkline.account theirs ON theirs.id = last.wallet_id
         WHERE last.id = $2 AND theirs.user_id = $1
         UNION ALL
         SELECT last.opened_at, last.id FROM trunkline.payment last
         WHERE last.id = $2 AND last.user_id = $1 AND last.state <> 'completed'"
    };
}

/// The lines of a user's wallets that come after a place, newest first. Of each wallet no more are read than a page has, by the
/// index `transfer_lines`; a condition that is not asked for is not in the statement, since the index is not gone by with it.
/// What resolves a hold is looked up line by line: the planner, which does not know how few lines there are, would read the
/// whole journal for it.
macro_rules! lines {
    ($($place:tt)*) => {
        concat!(
            "SELECT begun.id, begun.kind, begun.amount, begun.currency, begun.description, begun.created_at,
                    begun.credit_account = begun.wallet_id AS is_incoming, ended.kind AS resolution,
                    COALESCE(ended.number_id, begun.number_id) AS number_id,
                    COALESCE(begun.amount <= (
                        SELECT sum(CASE WHEN undone.credit_account = begun.credit_account THEN -undone.amount
                                        ELSE undone.amount END)
                        FROM trunkline.transfer undone WHERE undone.reverses_id IN (begun.id, ended.id)
                    ) OR begun.amount <= (
                        SELECT sum(taken.amount) FROM trunkline.payment_taking taken
                        WHERE taken.payment_id = begun.id AND taken.returned_at IS NULL
                    ), false) AS is_reversed
             FROM trunkline.account wallet
             CROSS JOIN LATERAL (
                 SELECT older.* FROM trunkline.transfer older
                 WHERE older.wallet_id = wallet.id AND older.kind IN ('post', 'hold', 'reversal') AND ",
            $($place)*,
            " ORDER BY older.created_at DESC, older.id DESC LIMIT $3) begun
             LEFT JOIN LATERAL (
                 SELECT resolving.* FROM trunkline.transfer resolving WHERE resolving.pending_id = begun.id LIMIT 1
             ) ended ON true
             WHERE wallet.user_id = $1 AND wallet.kind = 'wallet'
             ORDER BY begun.created_at DESC, begun.id DESC LIMIT $3"
        )
    };
}

#[async_trait]
impl WalletStore for PostgresStore {
    async fn balance(&self, user: &UserId, currency: Currency) -> Result<Option<Balance>, WalletStoreError> {
        Ok(self.find_balance(user, currency).await?)
    }

    async fn debt(&self, user: &UserId, currency: Currency) -> Result<Money, WalletStoreError> {
        Ok(self.find_debt(user, currency).await?)
    }

    async fn wallets(&self, user: &UserId) -> Result<Vec<WalletStanding>, WalletStoreError> {
        Ok(self.find_wallets(user).await?)
    }

    async fn credit(&self, change: &Change<Credit>) -> Result<CreditAnswer, WalletStoreError> {
        Ok(self.credit_wallet(change).await?)
    }

    async fn adjust(&self, change: &Change<Adjustment>) -> Result<AdjustmentAnswer, WalletStoreError> {
        Ok(self.adjust_wallet(change).await?)
    }

    async fn ask_approval(&self, change: &Change<ApprovalAsking>) -> Result<AskAnswer, WalletStoreError> {
        Ok(self.store_asking(change).await?)
    }

    async fn approve(&self, change: &Change<ApprovalGrant>) -> Result<ApproveAnswer, WalletStoreError> {
        Ok(self.store_grant(change).await?)
    }

    async fn reject(&self, change: &Change<ApprovalRejection>) -> Result<RejectAnswer, WalletStoreError> {
        Ok(self.store_rejection(change).await?)
    }

    async fn approval(&self, id: ApprovalId) -> Result<Option<Approval>, WalletStoreError> {
        Ok(self.find_approval(id).await?)
    }

    async fn approvals(&self, filter: &ApprovalFilter) -> Result<ApprovalPage, WalletStoreError> {
        Ok(self.find_approvals(filter).await?)
    }

    async fn transactions(
        &self,
        user: &UserId,
        after: Option<TransferId>,
        limit: u16,
    ) -> Result<TransactionPage, WalletStoreError> {
        Ok(self.find_transactions(user, after, limit).await?)
    }

    async fn snapshot(&self) -> Result<LedgerSnapshot, WalletStoreError> {
        Ok(self.read_ledger().await?)
    }
}

/// What became of a post, with the balance that it led to, or that refuses it.
struct PostRow {
    outcome: String,
    transfer: TransferId,
    balance: Option<BalanceRow>,
}

impl FromRow<'_, PgRow> for PostRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let Id(transfer) = row.try_get("transfer_id")?;
        let balance = row_where("posted", row)?;
        Ok(Self { outcome: row.try_get("outcome")?, transfer: TransferId::from_uuid(transfer), balance })
    }
}

impl PostRow {
    fn credit(&self) -> Result<CreditAnswer, Failure> {
        let transfer = self.transfer;
        match (self.outcome.as_str(), &self.balance) {
            ("posted", Some(balance)) => Ok(CreditAnswer::Posted { transfer, balance: balance.balance()? }),
            ("repeated", Some(balance)) => {
                Ok(CreditAnswer::Repeated { transfer, balance: balance.balance()? })
            }
            ("key_reused", _) => Ok(CreditAnswer::KeyReused),
            ("too_large", _) => Ok(CreditAnswer::TooLarge),
            ("needs_approval", _) => Ok(CreditAnswer::NeedsApproval),
            ("under_approval", _) => Ok(CreditAnswer::UnderApproval(ApprovalId::of(transfer))),
            (outcome, _) => Err(Failure::Broken(format!("adjust_wallet_3 answered `{outcome}`"))),
        }
    }

    fn adjustment(&self) -> Result<AdjustmentAnswer, Failure> {
        let transfer = self.transfer;
        match (self.outcome.as_str(), &self.balance) {
            ("posted", Some(balance)) => {
                Ok(AdjustmentAnswer::Posted { transfer, balance: balance.balance()? })
            }
            ("repeated", Some(balance)) => {
                Ok(AdjustmentAnswer::Repeated { transfer, balance: balance.balance()? })
            }
            ("insufficient", Some(balance)) => {
                Ok(AdjustmentAnswer::Insufficient { balance: balance.balance()? })
            }
            ("key_reused", _) => Ok(AdjustmentAnswer::KeyReused),
            ("too_large", _) => Ok(AdjustmentAnswer::TooLarge),
            ("needs_approval", _) => Ok(AdjustmentAnswer::NeedsApproval),
            ("under_approval", _) => Ok(AdjustmentAnswer::UnderApproval(ApprovalId::of(transfer))),
            (outcome, _) => Err(Failure::Broken(format!("adjust_wallet_3 answered `{outcome}`"))),
        }
    }
}

impl PostgresStore {
    async fn credit_wallet(&self, change: &Change<Credit>) -> Result<CreditAnswer, Failure> {
        self.post(change, &change.body.as_adjustment()).await?.credit()
    }

    async fn adjust_wallet(&self, change: &Change<Adjustment>) -> Result<AdjustmentAnswer, Failure> {
        self.post(change, &change.body).await?.adjustment()
    }

    /// Credits and corrections move money in the same way; they differ in what travels with them.
    async fn post<T: Sync>(&self, change: &Change<T>, adjustment: &Adjustment) -> Result<PostRow, Failure> {
        let currency = adjustment.amount.currency();
        let rule = adjustment.approval.as_ref();
        let query = sqlx::query_as(
            "SELECT outcome, transfer_id, posted, held, currency, updated_at
             FROM trunkline.adjust_wallet_3($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        )
        .bind(adjustment.transfer.as_uuid())
        .bind(adjustment.user.as_str())
        .bind(adjustment.wallet.as_uuid())
        .bind(AccountId::operator(AccountKind::Funding, currency).as_uuid())
        .bind(adjustment.direction.as_str())
        .bind(adjustment.amount.amount())
        .bind(currency.code())
        .bind(&adjustment.description)
        .bind(adjustment.at)
        .bind(rule.map(|rule| rule.above.amount()))
        .bind(rule.map(|rule| rule.operator.as_str()))
        .bind(interval(ApprovalRule::WINDOW))
        .bind(envelope::request(change.request.as_ref()))
        .bind(Json(&change.events))
        .bind(Json(&change.audit))
        .bind(self.lease_time.given());
        self.pool.change(query).await
    }

    async fn find_balance(&self, user: &UserId, currency: Currency) -> Result<Option<Balance>, Failure> {
        let query = sqlx::query_as(
            "SELECT posted, held, currency, updated_at FROM trunkline.account
             WHERE user_id = $1 AND currency = $2 AND kind = 'wallet'",
        );
        let row: Option<BalanceRow> = self.pool.find(query.bind(user.as_str()).bind(currency.code())).await?;
        Ok(row.map(|row| row.balance()).transpose()?)
    }

    async fn find_debt(&self, user: &UserId, currency: Currency) -> Result<Money, Failure> {
        let query = sqlx::query_as(
            "SELECT posted FROM trunkline.account WHERE user_id = $1 AND currency = $2 AND kind = 'debt'",
        );
        let owed: Option<(Micros,)> = self.pool.find(query.bind(user.as_str()).bind(currency.code())).await?;
        Ok(Money::from_micros(owed.map_or(0, |(owed,)| owed.0), currency))
    }

    async fn find_wallets(&self, user: &UserId) -> Result<Vec<WalletStanding>, Failure> {
        let query = sqlx::query_as(
            "SELECT wallet.posted, wallet.held, wallet.currency, wallet.updated_at,
                    COALESCE(owed.posted, 0) AS debt
             FROM trunkline.account wallet
             LEFT JOIN trunkline.account owed
                ON owed.user_id = wallet.user_id AND owed.currency = wallet.currency AND owed.kind = 'debt'
             WHERE wallet.user_id = $1 AND wallet.kind = 'wallet' ORDER BY wallet.currency",
        );
        let rows: Vec<WalletRow> = self.pool.list(query.bind(user.as_str())).await?;
        Ok(rows.iter().map(WalletRow::standing).collect::<Result<_, Fault>>()?)
    }

    async fn find_transactions(
        &self,
        user: &UserId,
        after: Option<TransferId>,
        limit: u16,
    ) -> Result<TransactionPage, Failure> {
        let query = match after {
            None => lines!("$2::uuid IS NULL"),
            Some(_) => lines!("(older.created_at, older.id) < (", place!(), ")"),
        };
        let query = sqlx::query_as(query)
            .bind(user.as_str())
            .bind(after.map(|transfer| transfer.as_uuid()))
            .bind(i64::from(limit) + 1);
        let rows: Vec<LineRow> = self.pool.list(query).await?;
        let payments = self.find_uncredited_payments(user, after, limit).await?;
        let mut transactions = newest_first(&rows, &payments)?;
        let wanted = i64::from(limit) + 1 - i64::try_from(transactions.len()).unwrap_or(i64::MAX);
        if wanted > 0 {
            for row in &self.find_imported_lines(user, after, wanted).await? {
                transactions.push(row.line()?);
            }
        }
        let (transactions, next) = cut_page(transactions, limit, |line| line.id);
        Ok(TransactionPage { transactions, next })
    }

    /// Payments that are not credited: those that can still be paid, and those that came to nothing.
    async fn find_uncredited_payments(
        &self,
        user: &UserId,
        after: Option<TransferId>,
        limit: u16,
    ) -> Result<Vec<PaymentRow>, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT ",
            payment_columns!(),
            " FROM trunkline.payment WHERE user_id = $1 AND state <> 'completed'
               AND ($2::uuid IS NULL OR (opened_at, id) < (",
            place!(),
            "))
             ORDER BY opened_at DESC, id DESC LIMIT $3"
        ))
        .bind(user.as_str())
        .bind(after.map(|line| line.as_uuid()))
        .bind(i64::from(limit) + 1);
        self.pool.list(query).await
    }

    /// The history from before the user came here, which follows the wallet's own: from its beginning where the page
    /// before ended with a transaction of the wallet's.
    async fn find_imported_lines(
        &self,
        user: &UserId,
        after: Option<TransferId>,
        limit: i64,
    ) -> Result<Vec<ImportedLineRow>, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT id, type, amount, currency, description, status, number_id, occurred_at
             FROM trunkline.imported_line
             WHERE user_id = $1
               AND ($2::uuid IS NULL
                    OR EXISTS (",
            place!(),
            ")
                    OR (occurred_at, id) <
                        (SELECT last.occurred_at, last.id FROM trunkline.imported_line last
                         WHERE last.id = $2 AND last.user_id = $1))
             ORDER BY occurred_at DESC, id DESC LIMIT $3"
        ))
        .bind(user.as_str())
        .bind(after.map(|line| line.as_uuid()))
        .bind(limit);
        self.pool.list(query).await
    }
}

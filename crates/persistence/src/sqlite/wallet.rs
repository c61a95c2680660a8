//! The wallet's port: credits, corrections, balances, histories. `journal` reads the whole ledger.

use async_trait::async_trait;
use sqlx::SqliteConnection;
use trunkline_domain::{ApprovalId, Change, Currency, Money, RequestKey, TransferId, UserId};
use trunkline_wallet::{
    AccountId, Adjustment, AdjustmentAnswer, Approval, ApprovalAsking, ApprovalFilter, ApprovalGrant,
    ApprovalPage, ApprovalRejection, ApproveAnswer, AskAnswer, Balance, Credit, CreditAnswer, LedgerSnapshot,
    RejectAnswer, TransactionPage, WalletStanding, WalletStore, WalletStoreError,
};

use super::ledger::Corrected;
use super::writer::{Apply, Decision, Transaction};
use super::{SqliteStore, approvals, ledger, request};
use crate::codec::{optional_text, parse, text};
use crate::columns::payment_columns;
use crate::error::{Failure, Fault};
use crate::request::Known;
use crate::row::{BalanceRow, ImportedLineRow, LineRow, PaymentRow, WalletRow, cut_page, newest_first};

/// Where a line of the user `?1` stands in their history: the transfer `?2`, or the payment that is not credited.
macro_rules! place {
    () => {
        "SELECT c.created_at, c.id FROM transfer c JOIN account o ON o.id = c.wallet_id
         WHERE c.id = ?2 AND o.user_id = ?1
         UNION ALL
         SELECT p.opened_at, p.id FROM payment p WHERE p.id = ?2 AND p.user_id = ?1 AND p.state <> 'completed'"
    };
}

/// The lines of a user's wallets that come after a place, newest first. Of each wallet no more are read than a page has, by the
/// index `transfer_lines`; a condition that is not asked for is not in the statement, since the index is not gone by with it.
macro_rules! lines {
    ($($place:tt)*) => {
        concat!(
            "SELECT t.id, t.kind, t.amount, t.currency, t.description, t.created_at,
                    t.credit_account = t.wallet_id AS is_incoming, r.kind AS resolution,
                    COALESCE(r.number_id, t.number_id) AS number_id,
                    COALESCE(t.amount <= (
                        SELECT SUM(CASE WHEN v.credit_account = t.credit_account THEN -v.amount ELSE v.amount END)
                        FROM transfer v WHERE v.reverses_id IN (t.id, r.id)
                    ) OR t.amount <= (
                        SELECT SUM(k.amount) FROM payment_taking k WHERE k.payment_id = t.id AND k.returned_at IS NULL
                    ), FALSE) AS is_reversed
             FROM account w
             JOIN transfer t ON t.id IN (
                 SELECT u.id FROM transfer u
                 WHERE u.wallet_id = w.id AND u.kind IN ('post', 'hold', 'reversal') AND ",
            $($place)*,
            " ORDER BY u.created_at DESC, u.id DESC LIMIT ?3)
             LEFT JOIN transfer r ON r.pending_id = t.id
             WHERE w.user_id = ?1 AND w.kind = 'wallet'
             ORDER BY t.created_at DESC, t.id DESC LIMIT ?3"
        )
    };
}

#[async_trait]
impl WalletStore for SqliteStore {
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
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn adjust(&self, change: &Change<Adjustment>) -> Result<AdjustmentAnswer, WalletStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn ask_approval(&self, change: &Change<ApprovalAsking>) -> Result<AskAnswer, WalletStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn approve(&self, change: &Change<ApprovalGrant>) -> Result<ApproveAnswer, WalletStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn reject(&self, change: &Change<ApprovalRejection>) -> Result<RejectAnswer, WalletStoreError> {
        Ok(self.writer.write(change.clone()).await?)
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

#[async_trait]
impl Apply for Credit {
    type Answer = CreditAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<CreditAnswer>, Fault> {
        let credit = &change.body;
        match earlier(transaction, change.request.as_ref(), credit.transfer).await? {
            Earlier::Nothing => {}
            Earlier::Posted { transfer, balance } => {
                return Ok(Decision::Unchanged(CreditAnswer::Repeated { transfer, balance }));
            }
            Earlier::AskedFor(id) => return Ok(Decision::Unchanged(CreditAnswer::UnderApproval(id))),
            Earlier::OtherCommand => return Ok(Decision::Unchanged(CreditAnswer::KeyReused)),
        }
        let Some(balance) = ledger::post(transaction, credit).await? else {
            return Ok(Decision::Refused(CreditAnswer::TooLarge, None));
        };
        if approvals::needs_approval(transaction, &credit.as_adjustment()).await? {
            return Ok(Decision::Unchanged(CreditAnswer::NeedsApproval));
        }
        keep(transaction, change, credit.transfer).await?;
        Ok(Decision::Applied(CreditAnswer::Posted { transfer: credit.transfer, balance }))
    }
}

#[async_trait]
impl Apply for Adjustment {
    type Answer = AdjustmentAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<AdjustmentAnswer>, Fault> {
        let transfer = change.body.transfer;
        match earlier(transaction, change.request.as_ref(), transfer).await? {
            Earlier::Nothing => {}
            Earlier::Posted { transfer, balance } => {
                return Ok(Decision::Unchanged(AdjustmentAnswer::Repeated { transfer, balance }));
            }
            Earlier::AskedFor(id) => return Ok(Decision::Unchanged(AdjustmentAnswer::UnderApproval(id))),
            Earlier::OtherCommand => return Ok(Decision::Unchanged(AdjustmentAnswer::KeyReused)),
        }
        match ledger::correct(transaction, &change.body).await? {
            Corrected::Posted(balance) => {
                if approvals::needs_approval(transaction, &change.body).await? {
                    return Ok(Decision::Unchanged(AdjustmentAnswer::NeedsApproval));
                }
                keep(transaction, change, transfer).await?;
                Ok(Decision::Applied(AdjustmentAnswer::Posted { transfer, balance }))
            }
            Corrected::TooLarge => Ok(Decision::Refused(AdjustmentAnswer::TooLarge, None)),
            Corrected::Insufficient(balance) => {
                Ok(Decision::Refused(AdjustmentAnswer::Insufficient { balance }, None))
            }
        }
    }
}

/// What became of the same post before: of this very transfer, or of one under the same key.
enum Earlier {
    Nothing,
    Posted { transfer: TransferId, balance: Balance },
    AskedFor(ApprovalId),
    OtherCommand,
}

async fn earlier(
    transaction: &mut Transaction<'_>,
    key: Option<&RequestKey>,
    transfer: TransferId,
) -> Result<Earlier, Fault> {
    if let Some(balance) = balance_after(transaction, transfer).await? {
        return Ok(Earlier::Posted { transfer, balance });
    }
    if approvals::is_asked_for(transaction, ApprovalId::of(transfer)).await? {
        return Ok(Earlier::AskedFor(ApprovalId::of(transfer)));
    }
    let Some(key) = key else { return Ok(Earlier::Nothing) };
    match request::find(transaction.connection, key, transaction.now).await? {
        None => Ok(Earlier::Nothing),
        Some(Known::OtherCommand) => Ok(Earlier::OtherCommand),
        Some(Known::Open { subject } | Known::Ended { subject, .. }) => {
            let transfer = TransferId::from_uuid(subject);
            if let Some(balance) = balance_after(transaction, transfer).await? {
                return Ok(Earlier::Posted { transfer, balance });
            }
            let asked = ApprovalId::of(transfer);
            if approvals::is_asked_for(transaction, asked).await? {
                return Ok(Earlier::AskedFor(asked));
            }
            Err(Fault::Broken(format!("post {transfer} is not in the journal")))
        }
    }
}

/// Keeps what was posted under the change's key.
async fn keep<T: Sync>(
    transaction: &mut Transaction<'_>,
    change: &Change<T>,
    transfer: TransferId,
) -> Result<(), Fault> {
    request::store_ended(transaction, change.request.as_ref(), transfer.as_uuid(), &transfer).await
}

/// The balance that a transfer led to, after what was paid of a debt by the way; `None` where there is no such transfer.
pub(super) async fn balance_after(
    transaction: &mut Transaction<'_>,
    transfer: TransferId,
) -> Result<Option<Balance>, Fault> {
    let made: Option<(String, i64)> =
        sqlx::query_as("SELECT wallet_id, wallet_version FROM transfer WHERE id = ?1")
            .bind(text(transfer))
            .fetch_optional(&mut *transaction.connection)
            .await?;
    let Some((wallet, version)) = made else { return Ok(None) };
    let paid = ledger::payment_after(AccountId::from_uuid(parse("transfer.wallet_id", &wallet)?), version);
    let row: BalanceRow = sqlx::query_as(
        "SELECT posted_after AS posted, held_after AS held, currency, created_at AS updated_at
         FROM transfer WHERE id IN (?1, ?2) ORDER BY wallet_version DESC LIMIT 1",
    )
    .bind(text(transfer))
    .bind(text(paid))
    .fetch_one(&mut *transaction.connection)
    .await?;
    row.balance().map(Some)
}

impl SqliteStore {
    async fn find_balance(&self, user: &UserId, currency: Currency) -> Result<Option<Balance>, Failure> {
        let mut connection = self.readers.one().await?;
        let row: Option<BalanceRow> = sqlx::query_as(
            "SELECT posted, held, currency, updated_at FROM account
             WHERE user_id = ?1 AND currency = ?2 AND kind = 'wallet'",
        )
        .bind(user.as_str())
        .bind(currency.code())
        .fetch_optional(&mut *connection)
        .await?;
        Ok(row.map(|row| row.balance()).transpose()?)
    }

    async fn find_debt(&self, user: &UserId, currency: Currency) -> Result<Money, Failure> {
        let mut connection = self.readers.one().await?;
        let owed: Option<i64> = sqlx::query_scalar(
            "SELECT posted FROM account WHERE user_id = ?1 AND currency = ?2 AND kind = 'debt'",
        )
        .bind(user.as_str())
        .bind(currency.code())
        .fetch_optional(&mut *connection)
        .await?;
        Ok(Money::from_micros(owed.unwrap_or(0), currency))
    }

    async fn find_wallets(&self, user: &UserId) -> Result<Vec<WalletStanding>, Failure> {
        let mut connection = self.readers.one().await?;
        let rows: Vec<WalletRow> = sqlx::query_as(
            "SELECT w.posted, w.held, w.currency, w.updated_at, COALESCE(d.posted, 0) AS debt
             FROM account w
             LEFT JOIN account d ON d.user_id = w.user_id AND d.currency = w.currency AND d.kind = 'debt'
             WHERE w.user_id = ?1 AND w.kind = 'wallet' ORDER BY w.currency",
        )
        .bind(user.as_str())
        .fetch_all(&mut *connection)
        .await?;
        Ok(rows.iter().map(WalletRow::standing).collect::<Result<_, Fault>>()?)
    }

    async fn find_transactions(
        &self,
        user: &UserId,
        after: Option<TransferId>,
        limit: u16,
    ) -> Result<TransactionPage, Failure> {
        let mut connection = self.readers.one().await?;
        let query = match after {
            None => lines!("?2 IS NULL"),
            Some(_) => lines!("(u.created_at, u.id) < (", place!(), ")"),
        };
        let rows: Vec<LineRow> = sqlx::query_as(query)
            .bind(user.as_str())
            .bind(optional_text(after))
            .bind(i64::from(limit) + 1)
            .fetch_all(&mut *connection)
            .await?;
        let payments = uncredited_payments(&mut connection, user, after, limit).await?;
        let mut transactions = newest_first(&rows, &payments)?;
        let wanted = (usize::from(limit) + 1).saturating_sub(transactions.len());
        if wanted > 0 {
            let rows = imported_lines(&mut connection, user, after, wanted).await?;
            for row in &rows {
                transactions.push(row.line()?);
            }
        }
        let (transactions, next) = cut_page(transactions, limit, |line| line.id);
        Ok(TransactionPage { transactions, next })
    }
}

/// Payments that are not credited: those that can still be paid, and those that came to nothing.
async fn uncredited_payments(
    connection: &mut SqliteConnection,
    user: &UserId,
    after: Option<TransferId>,
    limit: u16,
) -> Result<Vec<PaymentRow>, Failure> {
    let rows = sqlx::query_as(concat!(
        "SELECT ",
        payment_columns!(),
        " FROM payment WHERE user_id = ?1 AND state <> 'completed'
           AND (?2 IS NULL OR (opened_at, id) < (",
        place!(),
        "))
         ORDER BY opened_at DESC, id DESC LIMIT ?3"
    ))
    .bind(user.as_str())
    .bind(optional_text(after))
    .bind(i64::from(limit) + 1)
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// The history from before the user came here, which follows the wallet's own: from its beginning where the page before
/// ended with a transaction of the wallet's.
async fn imported_lines(
    connection: &mut SqliteConnection,
    user: &UserId,
    after: Option<TransferId>,
    limit: usize,
) -> Result<Vec<ImportedLineRow>, Failure> {
    let rows = sqlx::query_as(concat!(
        "SELECT id, type, amount, currency, description, status, number_id, occurred_at FROM imported_line l
         WHERE user_id = ?1
           AND (?2 IS NULL
                OR EXISTS (",
        place!(),
        ")
                OR (occurred_at, id) < (SELECT m.occurred_at, m.id FROM imported_line m WHERE m.id = ?2 AND m.user_id = ?1))
         ORDER BY occurred_at DESC, id DESC LIMIT ?3"
    ))
    .bind(user.as_str())
    .bind(optional_text(after))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

//! The ledger's SQL: post, hold, capture, void, and what is taken back. The only statements that move money; called inside
//! the transitions of the wallet, of provisioning and of payments.
//!
//! The wallet's row comes first, by an update that its rule guards; the journal's row is written from what that update
//! returned. Amounts come from the change or from the hold; the only sum made here is what is owed (`debt`).

mod debt;
mod holds;
mod taking;

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use trunkline_domain::{Currency, Money, NumberId, OrderId, TransferId, UserId};
use trunkline_wallet::{
    AccountId, AccountKind, Adjustment, Balance, Credit, TransactionDirection, TransferKind,
};

pub(crate) use self::debt::{owed_beside, payment_after};
pub(crate) use self::holds::{Placed, capture, hold, void};
pub(crate) use self::taking::{Returning, TakenBack, give_again, take_back};

use super::time;
use super::writer::Transaction;
use crate::codec::{optional_text, text};
use crate::error::Fault;

/// A wallet after a transfer.
#[derive(FromRow)]
struct Projection {
    posted: i64,
    held: i64,
    version: i64,
}

impl Projection {
    fn balance(&self, currency: Currency, updated_at: Option<DateTime<Utc>>) -> Balance {
        let money = |micros| Money::from_micros(micros, currency);
        Balance { posted: money(self.posted), held: money(self.held), updated_at }
    }
}

/// One row for the journal.
struct Entry<'a> {
    id: TransferId,
    kind: TransferKind,
    debit: AccountId,
    credit: AccountId,
    amount: Money,
    pending: Option<TransferId>,
    reverses: Option<TransferId>,
    order: Option<OrderId>,
    number: Option<NumberId>,
    description: &'a str,
    wallet: AccountId,
    after: Projection,
    at: DateTime<Utc>,
}

/// Posts a credit. `None` when the balance would leave what can be represented.
pub(crate) async fn post(
    transaction: &mut Transaction<'_>,
    credit: &Credit,
) -> Result<Option<Balance>, Fault> {
    post_from(transaction, AccountKind::Funding, credit).await
}

/// Posts a balance that was brought along from another system. `None` as for a credit.
pub(crate) async fn post_opening(
    transaction: &mut Transaction<'_>,
    opening: &Credit,
) -> Result<Option<Balance>, Fault> {
    post_from(transaction, AccountKind::Opening, opening).await
}

/// Posts money out of one of the operator's accounts into a wallet.
async fn post_from(
    transaction: &mut Transaction<'_>,
    source: AccountKind,
    credit: &Credit,
) -> Result<Option<Balance>, Fault> {
    let currency = credit.amount.currency();
    ensure_operator(transaction, source, currency).await?;
    ensure_wallet(transaction, credit.wallet, &credit.user, currency).await?;
    let before = projection(transaction, credit.wallet).await?;
    if before.posted.checked_add(credit.amount.micros()).is_none() {
        return Ok(None);
    }
    let after = move_wallet(transaction, credit.wallet, credit.amount.micros(), 0, credit.at).await?;
    let balance = after.balance(currency, Some(credit.at));
    let entry = Entry {
        id: credit.transfer,
        kind: TransferKind::Post,
        debit: AccountId::operator(source, currency),
        credit: credit.wallet,
        amount: credit.amount,
        pending: None,
        reverses: None,
        order: None,
        number: None,
        description: &credit.description,
        wallet: credit.wallet,
        after,
        at: credit.at,
    };
    write(transaction, &entry).await?;
    let paid = debt::pay(transaction, &entry).await?;
    let balance = paid.map_or(balance, |after| after.balance(currency, Some(credit.at)));
    Ok(Some(balance))
}

/// What became of a correction.
pub(crate) enum Corrected {
    /// Posted.
    Posted(Balance),
    /// The balance would leave what can be represented.
    TooLarge,
    /// Less is available than was to be taken.
    Insufficient(Balance),
}

/// Posts a correction, into a wallet or out of what is available of it.
pub(crate) async fn correct(
    transaction: &mut Transaction<'_>,
    adjustment: &Adjustment,
) -> Result<Corrected, Fault> {
    let Adjustment { wallet, amount, at, .. } = *adjustment;
    let currency = amount.currency();
    let funding = AccountId::operator(AccountKind::Funding, currency);
    ensure_operator(transaction, AccountKind::Funding, currency).await?;
    ensure_wallet(transaction, wallet, &adjustment.user, currency).await?;
    let before = projection(transaction, wallet).await?;
    let (debit, credit, posted_by) = match adjustment.direction {
        TransactionDirection::Credit => (funding, wallet, amount.micros()),
        TransactionDirection::Debit => (wallet, funding, -amount.micros()),
    };
    match before.posted.checked_add(posted_by) {
        None => return Ok(Corrected::TooLarge),
        Some(posted) if posted < before.held => {
            return Ok(Corrected::Insufficient(before.balance(currency, None)));
        }
        Some(_) => {}
    }
    let after = move_wallet(transaction, wallet, posted_by, 0, at).await?;
    let balance = after.balance(currency, Some(at));
    let entry = Entry {
        id: adjustment.transfer,
        kind: TransferKind::Post,
        debit,
        credit,
        amount,
        pending: None,
        reverses: None,
        order: None,
        number: None,
        description: &adjustment.description,
        wallet,
        after,
        at,
    };
    write(transaction, &entry).await?;
    let paid = match adjustment.direction {
        TransactionDirection::Credit => debt::pay(transaction, &entry).await?,
        TransactionDirection::Debit => None,
    };
    let balance = paid.map_or(balance, |after| after.balance(currency, Some(at)));
    Ok(Corrected::Posted(balance))
}

/// Whether a transfer with this id stands in the journal.
pub(crate) async fn has_transfer(transaction: &mut Transaction<'_>, id: TransferId) -> Result<bool, Fault> {
    let found = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM transfer WHERE id = ?1)")
        .bind(text(id))
        .fetch_one(&mut *transaction.connection)
        .await?;
    Ok(found)
}

/// Changes a wallet's balances, under the rule that the table checks: `posted - held >= 0`, `held >= 0`.
async fn move_wallet(
    transaction: &mut Transaction<'_>,
    wallet: AccountId,
    posted_by: i64,
    held_by: i64,
    at: DateTime<Utc>,
) -> Result<Projection, Fault> {
    let after = sqlx::query_as(
        "UPDATE account SET posted = posted + ?2, held = held + ?3, version = version + 1, updated_at = ?4
         WHERE id = ?1 AND kind = 'wallet' RETURNING posted, held, version",
    )
    .bind(text(wallet))
    .bind(posted_by)
    .bind(held_by)
    .bind(time::to_text(at))
    .fetch_one(&mut *transaction.connection)
    .await?;
    Ok(after)
}

async fn projection(transaction: &mut Transaction<'_>, wallet: AccountId) -> Result<Projection, Fault> {
    let found = sqlx::query_as("SELECT posted, held, version FROM account WHERE id = ?1")
        .bind(text(wallet))
        .fetch_one(&mut *transaction.connection)
        .await?;
    Ok(found)
}

pub(crate) async fn ensure_wallet(
    transaction: &mut Transaction<'_>,
    id: AccountId,
    user: &UserId,
    currency: Currency,
) -> Result<(), Fault> {
    ensure_account(transaction, id, AccountKind::Wallet, Some(user), currency).await
}

async fn ensure_operator(
    transaction: &mut Transaction<'_>,
    kind: AccountKind,
    currency: Currency,
) -> Result<(), Fault> {
    ensure_account(transaction, AccountId::operator(kind, currency), kind, None, currency).await
}

async fn ensure_account(
    transaction: &mut Transaction<'_>,
    id: AccountId,
    kind: AccountKind,
    user: Option<&UserId>,
    currency: Currency,
) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO account (id, kind, user_id, currency, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(text(id))
    .bind(kind.as_str())
    .bind(user.map(UserId::as_str))
    .bind(currency.code())
    .bind(transaction.now_text())
    .execute(&mut *transaction.connection)
    .await?;
    Ok(())
}

async fn write(transaction: &mut Transaction<'_>, entry: &Entry<'_>) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO transfer (id, kind, debit_account, credit_account, amount, currency, pending_id, reverses_id,
                               order_id, number_id, description, wallet_id, wallet_version, posted_after, held_after,
                               created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )
    .bind(text(entry.id))
    .bind(entry.kind.as_str())
    .bind(text(entry.debit))
    .bind(text(entry.credit))
    .bind(entry.amount.micros())
    .bind(entry.amount.currency().code())
    .bind(optional_text(entry.pending))
    .bind(optional_text(entry.reverses))
    .bind(optional_text(entry.order))
    .bind(optional_text(entry.number))
    .bind(entry.description)
    .bind(text(entry.wallet))
    .bind(entry.after.version)
    .bind(entry.after.posted)
    .bind(entry.after.held)
    .bind(time::to_text(entry.at))
    .execute(&mut *transaction.connection)
    .await?;
    Ok(())
}

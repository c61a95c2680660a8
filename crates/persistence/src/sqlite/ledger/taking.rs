//! What the gateway takes back of a payment, and gives again.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use trunkline_domain::{Money, TransferId, UserId};
use trunkline_wallet::{AccountId, AccountKind, TransferKind};

use super::{Entry, debt, ensure_account, ensure_operator, move_wallet, projection, write};
use crate::codec::{money, named, parse, parse_optional, text};
use crate::error::Fault;
use crate::sqlite::writer::Transaction;

/// Money of a payment that is taken back.
pub(crate) struct TakenBack<'a> {
    /// The credit of which it is taken.
    pub(crate) credit: TransferId,
    /// Whose.
    pub(crate) user: &'a UserId,
    /// How much, in the currency of the credit.
    pub(crate) amount: Money,
    /// The row that takes it.
    pub(crate) transfer: TransferId,
    /// The rows that lend to the wallet what it has not: out of the debt, and into the wallet.
    pub(crate) lent: [TransferId; 2],
    /// A sentence for the customer.
    pub(crate) description: &'a str,
    /// A sentence for the customer about what is lent.
    pub(crate) lent_description: &'a str,
    /// When.
    pub(crate) at: DateTime<Utc>,
}

/// Money that was taken back and is given again.
pub(crate) struct Returning<'a> {
    /// The row that took it.
    pub(crate) taken: TransferId,
    /// The row that gives it.
    pub(crate) transfer: TransferId,
    /// A sentence for the customer.
    pub(crate) description: &'a str,
    /// When.
    pub(crate) at: DateTime<Utc>,
}

/// Takes back: what is available pays, and the rest is lent to the wallet first. Held money is not touched. More than is
/// left of the credit is taken as a post, because a reversal undoes no more than there was.
pub(crate) async fn take_back(transaction: &mut Transaction<'_>, taken: &TakenBack<'_>) -> Result<(), Fault> {
    let (currency, amount, at) = (taken.amount.currency(), taken.amount.micros(), taken.at);
    let wallet = AccountId::wallet(taken.user, currency);
    let funding = AccountId::operator(AccountKind::Funding, currency);
    let before = projection(transaction, wallet).await?;
    let short = amount.saturating_sub(before.posted - before.held).max(0);
    if short > 0 {
        lend(transaction, taken, wallet, Money::from_micros(short, currency)).await?;
    }
    let is_left = left_of(transaction, taken.credit).await? >= amount;
    let after = move_wallet(transaction, wallet, -amount, 0, at).await?;
    let entry = Entry {
        id: taken.transfer,
        kind: if is_left { TransferKind::Reversal } else { TransferKind::Post },
        debit: wallet,
        credit: funding,
        amount: taken.amount,
        pending: None,
        reverses: is_left.then_some(taken.credit),
        order: None,
        number: None,
        description: taken.description,
        wallet,
        after,
        at,
    };
    write(transaction, &entry).await
}

/// Gives again what was taken, in the same kind of row, and pays what is owed out of it.
pub(crate) async fn give_again(
    transaction: &mut Transaction<'_>,
    returning: &Returning<'_>,
) -> Result<(), Fault> {
    let row: TakenRow = sqlx::query_as(
        "SELECT kind, debit_account, credit_account, amount, currency, reverses_id FROM transfer WHERE id = ?1",
    )
    .bind(text(returning.taken))
    .fetch_one(&mut *transaction.connection)
    .await?;
    let taken = row.read()?;
    let (wallet, at) = (taken.wallet, returning.at);
    let after = move_wallet(transaction, wallet, taken.amount.micros(), 0, at).await?;
    let entry = Entry {
        id: returning.transfer,
        kind: taken.kind,
        debit: taken.funding,
        credit: wallet,
        amount: taken.amount,
        pending: None,
        reverses: taken.reverses,
        order: None,
        number: None,
        description: returning.description,
        wallet,
        after,
        at,
    };
    write(transaction, &entry).await?;
    debt::pay(transaction, &entry).await?;
    Ok(())
}

/// Lends to a wallet what it has not, against a debt.
async fn lend(
    transaction: &mut Transaction<'_>,
    taken: &TakenBack<'_>,
    wallet: AccountId,
    amount: Money,
) -> Result<(), Fault> {
    let (currency, at) = (amount.currency(), taken.at);
    let account = AccountId::debt(taken.user, currency);
    let clearing = AccountId::operator(AccountKind::Clearing, currency);
    ensure_operator(transaction, AccountKind::Clearing, currency).await?;
    ensure_account(transaction, account, AccountKind::Debt, Some(taken.user), currency).await?;
    let [out_of_debt, into_wallet] = taken.lent;
    let row = |id, debit, credit, strict, after| Entry {
        id,
        kind: TransferKind::Post,
        debit,
        credit,
        amount,
        pending: None,
        reverses: None,
        order: None,
        number: None,
        description: taken.lent_description,
        wallet: strict,
        after,
        at,
    };
    let after = debt::move_debt(transaction, account, amount.micros(), at).await?;
    write(transaction, &row(out_of_debt, account, clearing, account, after)).await?;
    let after = move_wallet(transaction, wallet, amount.micros(), 0, at).await?;
    write(transaction, &row(into_wallet, clearing, wallet, wallet, after)).await
}

/// How much of a credit no reversal has undone, in micros.
async fn left_of(transaction: &mut Transaction<'_>, credit: TransferId) -> Result<i64, Fault> {
    let left = sqlx::query_scalar(
        "SELECT made.amount - COALESCE((
             SELECT SUM(CASE WHEN undone.credit_account = made.credit_account THEN -undone.amount ELSE undone.amount END)
             FROM transfer undone WHERE undone.reverses_id = made.id
         ), 0)
         FROM transfer made WHERE made.id = ?1",
    )
    .bind(text(credit))
    .fetch_one(&mut *transaction.connection)
    .await?;
    Ok(left)
}

#[derive(FromRow)]
struct TakenRow {
    kind: String,
    debit_account: String,
    credit_account: String,
    amount: i64,
    currency: String,
    reverses_id: Option<String>,
}

struct Taken {
    kind: TransferKind,
    wallet: AccountId,
    funding: AccountId,
    amount: Money,
    reverses: Option<TransferId>,
}

impl TakenRow {
    fn read(&self) -> Result<Taken, Fault> {
        Ok(Taken {
            kind: named("transfer.kind", &self.kind, TransferKind::from_name)?,
            wallet: AccountId::from_uuid(parse("transfer.debit_account", &self.debit_account)?),
            funding: AccountId::from_uuid(parse("transfer.credit_account", &self.credit_account)?),
            amount: money(self.amount, &self.currency)?,
            reverses: parse_optional("transfer.reverses_id", self.reverses_id.as_deref())?,
        })
    }
}

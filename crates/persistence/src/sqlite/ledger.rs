//! The ledger's SQL: post, hold, capture, void. The only statements that move money; called inside the transitions
//! of the wallet and of provisioning.
//!
//! The wallet's row comes first, by an update that its rule guards; the journal's row is written from what that update
//! returned. Amounts come from the change or from the hold, never from a sum made here.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use trunkline_domain::{Currency, Money, NumberId, OrderId, TransferId, UserId};
use trunkline_wallet::{
    AccountId, AccountKind, Adjustment, Balance, Credit, HoldCapture, HoldPlacement, HoldVoid,
    TransactionDirection, TransferKind,
};

use super::time;
use super::writer::Transaction;
use crate::codec::{money, optional_text, parse, parse_optional, text};
use crate::error::Fault;

/// What became of a hold.
pub(crate) enum Placed {
    /// Reserved.
    Held,
    /// Nothing reserved: this is all that is available.
    Insufficient { available: Money },
}

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
        order: None,
        number: None,
        description: &credit.description,
        wallet: credit.wallet,
        after,
        at: credit.at,
    };
    write(transaction, &entry).await?;
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
        order: None,
        number: None,
        description: &adjustment.description,
        wallet,
        after,
        at,
    };
    write(transaction, &entry).await?;
    Ok(Corrected::Posted(balance))
}

/// Reserves money of a wallet, if that much is available.
pub(crate) async fn hold(transaction: &mut Transaction<'_>, hold: &HoldPlacement) -> Result<Placed, Fault> {
    let (currency, at) = (hold.amount.currency(), transaction.now);
    let after: Option<Projection> = sqlx::query_as(
        "UPDATE account SET held = held + ?2, version = version + 1, updated_at = ?3
         WHERE id = ?1 AND kind = 'wallet' AND posted - held >= ?2
         RETURNING posted, held, version",
    )
    .bind(text(hold.wallet))
    .bind(hold.amount.micros())
    .bind(time::to_text(at))
    .fetch_optional(&mut *transaction.connection)
    .await?;
    let Some(after) = after else {
        return Ok(Placed::Insufficient { available: available(transaction, hold.wallet, currency).await? });
    };
    ensure_operator(transaction, AccountKind::Revenue, currency).await?;
    let entry = Entry {
        id: hold.hold,
        kind: TransferKind::Hold,
        debit: hold.wallet,
        credit: AccountId::operator(AccountKind::Revenue, currency),
        amount: hold.amount,
        pending: None,
        order: Some(hold.order),
        number: None,
        description: &hold.description,
        wallet: hold.wallet,
        after,
        at,
    };
    write(transaction, &entry).await?;
    Ok(Placed::Held)
}

/// Takes what an order's hold reserved.
pub(crate) async fn capture(
    transaction: &mut Transaction<'_>,
    capture: HoldCapture,
    order: OrderId,
    at: DateTime<Utc>,
) -> Result<(), Fault> {
    let hold = OpenHold::find(transaction, capture.hold, order).await?;
    let amount = hold.amount.micros();
    let after = move_wallet(transaction, hold.wallet, -amount, -amount, at).await?;
    let entry = hold.resolved(capture.transfer, TransferKind::Capture, Some(capture.number), after, at);
    write(transaction, &entry).await
}

/// Gives back what an order's hold reserved.
pub(crate) async fn void(
    transaction: &mut Transaction<'_>,
    void: HoldVoid,
    order: OrderId,
    at: DateTime<Utc>,
) -> Result<(), Fault> {
    let hold = OpenHold::find(transaction, void.hold, order).await?;
    let after = move_wallet(transaction, hold.wallet, 0, -hold.amount.micros(), at).await?;
    let entry = hold.resolved(void.transfer, TransferKind::Void, None, after, at);
    write(transaction, &entry).await
}

/// Whether a transfer with this id stands in the journal.
pub(crate) async fn has_transfer(transaction: &mut Transaction<'_>, id: TransferId) -> Result<bool, Fault> {
    let found = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM transfer WHERE id = ?1)")
        .bind(text(id))
        .fetch_one(&mut *transaction.connection)
        .await?;
    Ok(found)
}

/// A hold that nothing has resolved.
struct OpenHold {
    id: TransferId,
    wallet: AccountId,
    debit: AccountId,
    credit: AccountId,
    amount: Money,
    order: OrderId,
    description: String,
}

#[derive(FromRow)]
struct HoldRow {
    wallet_id: String,
    debit_account: String,
    credit_account: String,
    amount: i64,
    currency: String,
    order_id: Option<String>,
    description: String,
    is_resolved: bool,
}

impl OpenHold {
    /// Finds an order's hold. That it is open and the order's own follows from the order's state, so anything else is
    /// a fault.
    async fn find(transaction: &mut Transaction<'_>, id: TransferId, order: OrderId) -> Result<Self, Fault> {
        let row: Option<HoldRow> = sqlx::query_as(
            "SELECT wallet_id, debit_account, credit_account, amount, currency, order_id, description,
                    EXISTS (SELECT 1 FROM transfer r WHERE r.pending_id = h.id) AS is_resolved
             FROM transfer h WHERE id = ?1 AND kind = 'hold'",
        )
        .bind(text(id))
        .fetch_optional(&mut *transaction.connection)
        .await?;
        let Some(row) = row else {
            return Err(Fault::Broken(format!("order {order} has no hold {id}")));
        };
        let owner = parse_optional("transfer.order_id", row.order_id.as_deref())?;
        if row.is_resolved || owner != Some(order) {
            return Err(Fault::Broken(format!("hold {id} is not an open hold of order {order}")));
        }
        Ok(Self {
            id,
            wallet: AccountId::from_uuid(parse("transfer.wallet_id", &row.wallet_id)?),
            debit: AccountId::from_uuid(parse("transfer.debit_account", &row.debit_account)?),
            credit: AccountId::from_uuid(parse("transfer.credit_account", &row.credit_account)?),
            amount: money(row.amount, &row.currency)?,
            order,
            description: row.description,
        })
    }

    fn resolved(
        &self,
        id: TransferId,
        kind: TransferKind,
        number: Option<NumberId>,
        after: Projection,
        at: DateTime<Utc>,
    ) -> Entry<'_> {
        Entry {
            id,
            kind,
            debit: self.debit,
            credit: self.credit,
            amount: self.amount,
            pending: Some(self.id),
            order: Some(self.order),
            number,
            description: &self.description,
            wallet: self.wallet,
            after,
            at,
        }
    }
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

async fn available(
    transaction: &mut Transaction<'_>,
    wallet: AccountId,
    currency: Currency,
) -> Result<Money, Fault> {
    let micros: Option<i64> = sqlx::query_scalar("SELECT posted - held FROM account WHERE id = ?1")
        .bind(text(wallet))
        .fetch_optional(&mut *transaction.connection)
        .await?;
    Ok(Money::from_micros(micros.unwrap_or(0), currency))
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
        "INSERT INTO transfer (id, kind, debit_account, credit_account, amount, currency, pending_id, order_id,
                               number_id, description, wallet_id, wallet_version, posted_after, held_after, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )
    .bind(text(entry.id))
    .bind(entry.kind.as_str())
    .bind(text(entry.debit))
    .bind(text(entry.credit))
    .bind(entry.amount.micros())
    .bind(entry.amount.currency().code())
    .bind(optional_text(entry.pending))
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

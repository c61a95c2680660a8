//! What is owed: lent to a wallet from which more is taken back than it has, and paid first out of whatever comes in.

use chrono::{DateTime, Utc};
use trunkline_domain::{Money, TransferId};
use trunkline_wallet::{AccountId, AccountKind, TransferKind};
use uuid::Uuid;

use super::{Entry, Projection, move_wallet, write};
use crate::codec::{parse, text};
use crate::error::Fault;
use crate::sqlite::writer::Transaction;

/// The namespace of the rows by which a wallet pays, each found by the version of the wallet after which it pays.
const PAYMENTS: Uuid = Uuid::from_u128(0x1a5b_7f0e_3c64_4d0b_8f0d_92f6_5be3_71aa);

const DESCRIPTION: &str = "Paid towards what is owed";

/// Which of the two rows of a payment towards a debt.
#[derive(Clone, Copy)]
enum Side {
    Wallet,
    Debt,
}

fn payment_id(wallet: AccountId, version: i64, side: Side) -> TransferId {
    let side = match side {
        Side::Wallet => "wallet",
        Side::Debt => "debt",
    };
    TransferId::from_uuid(Uuid::new_v5(&PAYMENTS, format!("{wallet} {version} {side}").as_bytes()))
}

/// The row by which a wallet paid after this version of it.
pub(crate) fn payment_after(wallet: AccountId, version: i64) -> TransferId {
    payment_id(wallet, version, Side::Wallet)
}

/// Pays what is owed out of what a row has made available. Answers the wallet after it, where something was paid.
pub(super) async fn pay(
    transaction: &mut Transaction<'_>,
    raised: &Entry<'_>,
) -> Result<Option<Projection>, Fault> {
    let (wallet, version, currency, at) =
        (raised.wallet, raised.after.version, raised.amount.currency(), raised.at);
    let owed: Option<(String, i64)> = sqlx::query_as(
        "SELECT debt.id, debt.posted FROM account wallet
         JOIN account debt
             ON debt.user_id = wallet.user_id AND debt.currency = wallet.currency AND debt.kind = 'debt'
         WHERE wallet.id = ?1 AND debt.posted > 0",
    )
    .bind(text(wallet))
    .fetch_optional(&mut *transaction.connection)
    .await?;
    let Some((debt, owed)) = owed else { return Ok(None) };
    let paid = owed.min(raised.after.posted - raised.after.held);
    if paid <= 0 {
        return Ok(None);
    }
    let debt = AccountId::from_uuid(parse("account.id", &debt)?);
    let clearing = AccountId::operator(AccountKind::Clearing, currency);
    let after = move_wallet(transaction, wallet, -paid, 0, at).await?;
    let answer = Projection { ..after };
    let amount = Money::from_micros(paid, currency);
    let row = |id, debit, credit, account, after| Entry {
        id,
        kind: TransferKind::Post,
        debit,
        credit,
        amount,
        pending: None,
        reverses: None,
        order: None,
        number: None,
        description: DESCRIPTION,
        wallet: account,
        after,
        at,
    };
    write(transaction, &row(payment_id(wallet, version, Side::Wallet), wallet, clearing, wallet, after))
        .await?;
    let after = move_debt(transaction, debt, -paid, at).await?;
    write(transaction, &row(payment_id(wallet, version, Side::Debt), clearing, debt, debt, after)).await?;
    Ok(Some(answer))
}

/// Changes what is owed, which the table keeps from falling below zero.
pub(super) async fn move_debt(
    transaction: &mut Transaction<'_>,
    debt: AccountId,
    by: i64,
    at: DateTime<Utc>,
) -> Result<Projection, Fault> {
    let after = sqlx::query_as(
        "UPDATE account SET posted = posted + ?2, version = version + 1, updated_at = ?3
         WHERE id = ?1 AND kind = 'debt' RETURNING posted, held, version",
    )
    .bind(text(debt))
    .bind(by)
    .bind(crate::sqlite::time::to_text(at))
    .fetch_one(&mut *transaction.connection)
    .await?;
    Ok(after)
}

/// What a user owes in the currency of one of their wallets.
pub(crate) async fn owed_beside(transaction: &mut Transaction<'_>, wallet: AccountId) -> Result<i64, Fault> {
    let owed: Option<i64> = sqlx::query_scalar(
        "SELECT debt.posted FROM account wallet
         JOIN account debt
             ON debt.user_id = wallet.user_id AND debt.currency = wallet.currency AND debt.kind = 'debt'
         WHERE wallet.id = ?1",
    )
    .bind(text(wallet))
    .fetch_optional(&mut *transaction.connection)
    .await?;
    Ok(owed.unwrap_or(0))
}

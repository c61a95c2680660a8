//! Holds: reserving money of a wallet, and the two ways in which an order's hold ends.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use trunkline_domain::{Currency, Money, NumberId, OrderId, TransferId};
use trunkline_wallet::{AccountId, AccountKind, HoldCapture, HoldPlacement, HoldVoid, TransferKind};

use super::{Entry, Projection, debt, ensure_operator, move_wallet, write};
use crate::codec::{money, parse, parse_optional, text};
use crate::error::Fault;
use crate::sqlite::time;
use crate::sqlite::writer::Transaction;

/// What became of a hold.
pub(crate) enum Placed {
    /// Reserved.
    Held,
    /// Nothing reserved: this is all that is available.
    Insufficient { available: Money },
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
        reverses: None,
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
    write(transaction, &entry).await?;
    debt::pay(transaction, &entry).await?;
    Ok(())
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
            reverses: None,
            order: Some(self.order),
            number,
            description: &self.description,
            wallet: self.wallet,
            after,
            at,
        }
    }
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

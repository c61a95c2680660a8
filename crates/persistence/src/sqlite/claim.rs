//! The claim: the one row that says who may deal with a phone number here. It changes hands by an update inside a
//! transition, never by a delete and an insert.

use sqlx::FromRow;
use trunkline_domain::{OrderId, PhoneNumber};

use super::writer::Transaction;
use crate::codec::{parse, text};
use crate::error::Fault;

/// Who deals with a phone number.
pub(crate) struct Claim {
    /// The order that took it.
    pub(crate) order: OrderId,
    /// What deals with it now.
    pub(crate) state: ClaimState,
}

/// Which table tells the rest about a claimed phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClaimState {
    /// The order, which is not decided.
    Ordering,
    /// The live number that the order bought.
    Owned,
    /// None: the order failed, and the number may still turn up at the provider.
    Cooling,
    /// The release of a number that turned up for a failed order.
    Orphan,
}

impl ClaimState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ordering => "ordering",
            Self::Owned => "owned",
            Self::Cooling => "cooling",
            Self::Orphan => "orphan",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Ordering, Self::Owned, Self::Cooling, Self::Orphan]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}

#[derive(FromRow)]
struct ClaimRow {
    order_id: String,
    state: String,
}

/// Who deals with a phone number; `None` where nobody does.
pub(crate) async fn find(
    transaction: &mut Transaction<'_>,
    phone_number: &PhoneNumber,
) -> Result<Option<Claim>, Fault> {
    let row: Option<ClaimRow> =
        sqlx::query_as("SELECT order_id, state FROM number_claim WHERE phone_number = ?1")
            .bind(phone_number.as_str())
            .fetch_optional(&mut *transaction.connection)
            .await?;
    row.map(|row| {
        let state = crate::codec::named("number_claim.state", &row.state, ClaimState::from_name)?;
        Ok(Claim { order: parse("number_claim.order_id", &row.order_id)?, state })
    })
    .transpose()
}

/// Takes a phone number that nobody deals with.
pub(crate) async fn take(
    transaction: &mut Transaction<'_>,
    phone_number: &PhoneNumber,
    order: OrderId,
    state: ClaimState,
) -> Result<(), Fault> {
    sqlx::query("INSERT INTO number_claim (phone_number, order_id, state) VALUES (?1, ?2, ?3)")
        .bind(phone_number.as_str())
        .bind(text(order))
        .bind(state.as_str())
        .execute(&mut *transaction.connection)
        .await?;
    Ok(())
}

/// The order is completed: its number has the claim from now on.
pub(crate) async fn pass_to_number(transaction: &mut Transaction<'_>, order: OrderId) -> Result<(), Fault> {
    sqlx::query("UPDATE number_claim SET state = 'owned' WHERE order_id = ?1 AND state = 'ordering'")
        .bind(text(order))
        .execute(&mut *transaction.connection)
        .await?;
    Ok(())
}

/// The order has failed, and its number may still turn up.
pub(crate) async fn cool(transaction: &mut Transaction<'_>, order: OrderId) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE number_claim SET state = 'cooling', cooling_since = ?2 WHERE order_id = ?1 AND state = 'ordering'",
    )
    .bind(text(order))
    .bind(transaction.now_text())
    .execute(&mut *transaction.connection)
    .await?;
    Ok(())
}

/// Nobody deals with the order's phone number any more.
pub(crate) async fn free(
    transaction: &mut Transaction<'_>,
    order: OrderId,
    from: ClaimState,
) -> Result<(), Fault> {
    sqlx::query("DELETE FROM number_claim WHERE order_id = ?1 AND state = ?2")
        .bind(text(order))
        .bind(from.as_str())
        .execute(&mut *transaction.connection)
        .await?;
    Ok(())
}

/// An orphan's release takes a cooling claim over, whichever failed order left it cooling.
pub(crate) async fn pass_to_orphan(
    transaction: &mut Transaction<'_>,
    phone_number: &PhoneNumber,
) -> Result<(), Fault> {
    sqlx::query("UPDATE number_claim SET state = 'orphan' WHERE phone_number = ?1 AND state = 'cooling'")
        .bind(phone_number.as_str())
        .execute(&mut *transaction.connection)
        .await?;
    Ok(())
}

/// A number that is adopted or put back takes over the claim that a failed order left cooling, whichever order that was.
pub(crate) async fn pass_to_adopted(
    transaction: &mut Transaction<'_>,
    phone_number: &PhoneNumber,
    order: OrderId,
) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE number_claim SET order_id = ?2, state = 'owned', cooling_since = NULL
         WHERE phone_number = ?1 AND state = 'cooling'",
    )
    .bind(phone_number.as_str())
    .bind(text(order))
    .execute(&mut *transaction.connection)
    .await?;
    Ok(())
}

/// The orphan is gone. Its own order's claim is freed; one that another failed order left cooling cools on, because
/// that order's number may still turn up.
pub(crate) async fn leave_orphan(
    transaction: &mut Transaction<'_>,
    phone_number: &PhoneNumber,
    order: OrderId,
) -> Result<(), Fault> {
    free(transaction, order, ClaimState::Orphan).await?;
    sqlx::query("UPDATE number_claim SET state = 'cooling' WHERE phone_number = ?1 AND state = 'orphan'")
        .bind(phone_number.as_str())
        .execute(&mut *transaction.connection)
        .await?;
    Ok(())
}

//! TX2 of a purchase that succeeded: the number row appears, the hold is captured, the claim passes to the number.
//! Accepted from anybody, because it carries evidence.

use async_trait::async_trait;
use trunkline_domain::{Change, Order, OrderEvent, OrderState, RequestOperation};
use trunkline_provisioning::port::{PurchaseSettlement, SettleAnswer};

use crate::codec::text;
use crate::error::Fault;
use crate::row::{NumberRow, OrderRow};
use crate::sqlite::claim;
use crate::sqlite::writer::{Apply, Decision, Transaction};
use crate::sqlite::{ledger, request, time};

#[async_trait]
impl Apply for PurchaseSettlement {
    type Answer = SettleAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<SettleAnswer>, Fault> {
        let decision = settle_number(&change.body, transaction).await?;
        if let Decision::Applied(_) = decision {
            settle_money(&change.body, transaction).await?;
        }
        Ok(decision)
    }
}

/// The order, its number row and the claim.
pub(super) async fn settle_number(
    settlement: &PurchaseSettlement,
    transaction: &mut Transaction<'_>,
) -> Result<Decision<SettleAnswer>, Fault> {
    let order = OrderRow::load(transaction, settlement.order).await?.order()?;
    if order.state.after(OrderEvent::Settle).is_err() {
        return Ok(Decision::Unchanged(ended(transaction, settlement, &order).await?));
    }
    require_agreement(settlement, &order)?;
    if is_contradicted(transaction, settlement, &order).await? {
        return Ok(Decision::Unchanged(SettleAnswer::Conflict));
    }
    complete(transaction, settlement).await?;
    let number = NumberRow::insert(transaction, &settlement.number).await?;
    claim::pass_to_number(transaction, order.id).await?;
    Ok(Decision::Applied(SettleAnswer::Settled(number)))
}

/// The hold, and the answer for the client.
pub(super) async fn settle_money(
    settlement: &PurchaseSettlement,
    transaction: &mut Transaction<'_>,
) -> Result<(), Fault> {
    let order = settlement.order;
    ledger::capture(transaction, settlement.capture, order, settlement.at).await?;
    request::end(transaction, RequestOperation::Purchase, order.as_uuid(), &settlement.end).await
}

/// The answer for an order that has ended.
async fn ended(
    transaction: &mut Transaction<'_>,
    settlement: &PurchaseSettlement,
    order: &Order,
) -> Result<SettleAnswer, Fault> {
    match (order.state, order.number) {
        (OrderState::Completed, Some(number))
            if order.number_sid.as_ref() == Some(&settlement.number_sid) =>
        {
            let row = NumberRow::load(transaction, number).await?;
            Ok(SettleAnswer::SettledBefore(row.number()?))
        }
        (OrderState::Completed, _) => Ok(SettleAnswer::SettledOtherwise),
        (OrderState::Failed, _) => Ok(SettleAnswer::OrderFailed),
        (OrderState::Ordering | OrderState::Unresolved | OrderState::Review, _) => {
            Err(Fault::Broken(format!("order {} can be settled and cannot", order.id)))
        }
    }
}

/// The change must be about the order that it names; anything else is a mistake of the program.
fn require_agreement(settlement: &PurchaseSettlement, order: &Order) -> Result<(), Fault> {
    let number = &settlement.number;
    let agrees = number.order == Some(order.id)
        && number.user == order.user
        && number.phone_number == order.phone_number
        && number.identity.as_ref().is_some_and(|identity| identity.number == settlement.number_sid)
        && settlement.capture.hold == order.hold
        && settlement.capture.number == number.id;
    if agrees {
        Ok(())
    } else {
        Err(Fault::Broken(format!("the settlement of order {} is about something else", order.id)))
    }
}

/// Whether another number has this id at the provider, or the order has lost its claim.
async fn is_contradicted(
    transaction: &mut Transaction<'_>,
    settlement: &PurchaseSettlement,
    order: &Order,
) -> Result<bool, Fault> {
    let is_known = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM business_numbers WHERE twilio_sid = ?1)")
        .bind(settlement.number_sid.as_str())
        .fetch_one(&mut *transaction.connection)
        .await?;
    let claim = claim::find(transaction, &order.phone_number).await?;
    Ok(is_known || claim.is_none_or(|claim| claim.order != order.id))
}

async fn complete(transaction: &mut Transaction<'_>, settlement: &PurchaseSettlement) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE orders SET state = 'completed', twilio_sid = ?2, number_id = ?3, review_reason = NULL,
                           leased_until = NULL, next_look_at = NULL, updated_at = ?4
         WHERE id = ?1",
    )
    .bind(text(settlement.order))
    .bind(settlement.number_sid.as_str())
    .bind(text(settlement.number.id))
    .bind(time::to_text(settlement.at))
    .execute(&mut *transaction.connection)
    .await?;
    Ok(())
}

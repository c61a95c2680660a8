//! TX2 of a purchase that succeeded: the number row appears, the hold is captured, the claim passes to the number.
//! Accepted from anybody, because it carries evidence.

use sqlx::types::Json;
use trunkline_domain::{Change, OrderEvent};
use trunkline_provisioning::port::{PurchaseSettlement, SettleAnswer};

use super::states_before;
use crate::error::{Failure, Fault};
use crate::postgres::PostgresStore;
use crate::postgres::answer::{Answer, number_answer};
use crate::postgres::numbers::number_row;
use crate::row::NumberRow;

impl PostgresStore {
    pub(super) async fn settle_purchase(
        &self,
        change: &Change<PurchaseSettlement>,
    ) -> Result<SettleAnswer, Failure> {
        let settlement = &change.body;
        require_agreement(settlement)?;
        let query = sqlx::query_as(number_answer!(
            "settle_purchase_1($1, $2, jsonb_populate_record(NULL::trunkline.business_numbers, $3), $4, $5, $6, $7,
                               $8, $9, $10)"
        ))
        .bind(settlement.order.as_uuid())
        .bind(states_before(OrderEvent::Settle))
        .bind(number_row(&settlement.number))
        .bind(settlement.capture.hold.as_uuid())
        .bind(settlement.capture.transfer.as_uuid())
        .bind(Json(&settlement.end))
        .bind(settlement.at)
        .bind(Json(&change.events))
        .bind(Json(&change.audit))
        .bind(self.lease_time.given());
        let answer: Answer<NumberRow> = self.pool.change(query).await?;
        match answer.outcome.as_str() {
            "settled" => Ok(SettleAnswer::Settled(answer.row()?.number()?)),
            "settled_before" => Ok(SettleAnswer::SettledBefore(answer.row()?.number()?)),
            "settled_otherwise" => Ok(SettleAnswer::SettledOtherwise),
            "order_failed" => Ok(SettleAnswer::OrderFailed),
            "conflict" => Ok(SettleAnswer::Conflict),
            _ => Err(answer.unknown("settle_purchase_1")),
        }
    }
}

/// The parts of the change must be about one number; anything else is a mistake of the program. That they are about
/// the order's is for the function to see.
fn require_agreement(settlement: &PurchaseSettlement) -> Result<(), Fault> {
    let number = &settlement.number;
    let agrees = number.identity.as_ref().is_some_and(|identity| identity.number == settlement.number_sid)
        && settlement.capture.number == number.id;
    if agrees {
        Ok(())
    } else {
        Err(Fault::Broken(format!("the settlement of order {} is about something else", settlement.order)))
    }
}

//! Putting the row of a number back that its order has paid for: row and claim together, and no money.

use sqlx::postgres::PgRow;
use sqlx::types::{Json, Uuid};
use sqlx::{FromRow, Row};
use trunkline_domain::{Change, OrderId};
use trunkline_provisioning::port::{ClaimHolder, Restoration, RestoreAnswer};

use crate::error::Failure;
use crate::postgres::PostgresStore;
use crate::postgres::answer::{Answer, number_answer};
use crate::postgres::numbers::number_row;
use crate::row::{NumberRow, restored};

/// The outcome with its number, or with the order that has the claim.
struct RestoredRow {
    answer: Answer<NumberRow>,
    claimed_by: Option<Uuid>,
}

impl FromRow<'_, PgRow> for RestoredRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self { answer: Answer::from_row(row)?, claimed_by: row.try_get("claimed_by")? })
    }
}

impl PostgresStore {
    pub(super) async fn restore_number(
        &self,
        change: &Change<Restoration>,
    ) -> Result<RestoreAnswer, Failure> {
        restored(&change.body)?;
        let query = sqlx::query_as(number_answer!(
            "outcome, claimed_by, ",
            "restore_number_1(jsonb_populate_record(NULL::trunkline.business_numbers, $1), $2, $3)"
        ))
        .bind(number_row(&change.body.number))
        .bind(Json(&change.events))
        .bind(Json(&change.audit));
        let RestoredRow { answer, claimed_by } = self.pool.change(query).await?;
        let claimed = |holder| {
            let order = claimed_by.map(OrderId::from_uuid);
            order.map(|order| RestoreAnswer::Claimed { order, holder })
        };
        let refusal = match answer.outcome.as_str() {
            "restored" => return Ok(RestoreAnswer::Restored(answer.row()?.number()?)),
            "known" => return Ok(RestoreAnswer::Known(answer.row()?.number()?)),
            "not_charged" => Some(RestoreAnswer::NotCharged),
            "claimed_ordering" => claimed(ClaimHolder::Order),
            "claimed_owned" => claimed(ClaimHolder::Number),
            "claimed_orphan" => claimed(ClaimHolder::Orphan),
            _ => None,
        };
        refusal.ok_or_else(|| answer.unknown("restore_number_1"))
    }
}

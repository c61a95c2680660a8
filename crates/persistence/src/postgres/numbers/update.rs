//! Changing what a customer may change of a number.

use sqlx::types::Json;
use trunkline_domain::{Change, NumberStatus};
use trunkline_provisioning::port::{NumberUpdate, UpdateAnswer};

use super::number_row;
use crate::error::Failure;
use crate::postgres::PostgresStore;
use crate::postgres::answer::{Answer, number_answer};
use crate::row::NumberRow;

impl PostgresStore {
    pub(super) async fn update_number(&self, change: &Change<NumberUpdate>) -> Result<UpdateAnswer, Failure> {
        let accepting: Vec<&str> = NumberStatus::ALL
            .into_iter()
            .filter(|status| status.accepts_changes())
            .map(NumberStatus::as_str)
            .collect();
        let query = sqlx::query_as(number_answer!(
            "update_number_1(jsonb_populate_record(NULL::trunkline.business_numbers, $1), $2, $3, $4)"
        ))
        .bind(number_row(&change.body.number))
        .bind(accepting)
        .bind(Json(&change.events))
        .bind(Json(&change.audit));
        let answer: Answer<NumberRow> = self.pool.change(query).await?;
        match answer.outcome.as_str() {
            "updated" => Ok(UpdateAnswer::Updated(answer.row()?.number()?)),
            "stale" => Ok(UpdateAnswer::Stale),
            "busy" => Ok(UpdateAnswer::Busy),
            _ => Err(answer.unknown("update_number_1")),
        }
    }
}

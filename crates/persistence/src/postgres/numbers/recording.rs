//! Records of numbers that live elsewhere: no claim, no charge, no calls to the provider.

use sqlx::types::Json;
use trunkline_domain::{Change, OwnedNumber};
use trunkline_provisioning::port::{NumberRecording, RecordAnswer};

use super::number_row;
use crate::error::Failure;
use crate::postgres::PostgresStore;
use crate::postgres::answer::{Answer, number_answer};
use crate::row::NumberRow;

impl PostgresStore {
    pub(super) async fn record_number(
        &self,
        change: &Change<NumberRecording>,
    ) -> Result<RecordAnswer, Failure> {
        let number = &change.body.number;
        if !number.is_record_only() || number.order.is_some() || number.provider == OwnedNumber::PROVIDER {
            return Err(Failure::Broken(format!("number {} is no record of a number elsewhere", number.id)));
        }
        let query = sqlx::query_as(number_answer!(
            "record_number_1(jsonb_populate_record(NULL::trunkline.business_numbers, $1), $2, $3)"
        ))
        .bind(number_row(number))
        .bind(Json(&change.events))
        .bind(Json(&change.audit));
        let answer: Answer<NumberRow> = self.pool.change(query).await?;
        match answer.outcome.as_str() {
            "recorded" => Ok(RecordAnswer::Recorded(answer.row()?.number()?)),
            "exists" => Ok(RecordAnswer::Exists(answer.row()?.number()?.id)),
            _ => Err(answer.unknown("record_number_1")),
        }
    }
}

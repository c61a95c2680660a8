//! Records of numbers that live elsewhere: no claim, no charge, no calls to the provider.

use async_trait::async_trait;
use trunkline_domain::{Change, OwnedNumber};
use trunkline_provisioning::port::{NumberRecording, RecordAnswer};

use crate::codec::parse;
use crate::error::Fault;
use crate::row::NumberRow;
use crate::sqlite::writer::{Apply, Decision, Transaction};

#[async_trait]
impl Apply for NumberRecording {
    type Answer = RecordAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<RecordAnswer>, Fault> {
        let number = &change.body.number;
        if let Some(row) = NumberRow::find(transaction.connection, number.id).await? {
            return Ok(Decision::Unchanged(RecordAnswer::Recorded(row.number()?)));
        }
        if !number.is_record_only() || number.order.is_some() || number.provider == OwnedNumber::PROVIDER {
            return Err(Fault::Broken(format!("number {} is no record of a number elsewhere", number.id)));
        }
        let other: Option<String> = sqlx::query_scalar(
            "SELECT id FROM business_numbers WHERE user_id = ?1 AND phone_number = ?2 AND status <> 'released'",
        )
        .bind(number.user.as_str())
        .bind(number.phone_number.as_str())
        .fetch_optional(&mut *transaction.connection)
        .await?;
        if let Some(other) = other {
            return Ok(Decision::Unchanged(RecordAnswer::Exists(parse("business_numbers.id", &other)?)));
        }
        let number = NumberRow::insert(transaction, number).await?;
        Ok(Decision::Applied(RecordAnswer::Recorded(number)))
    }
}

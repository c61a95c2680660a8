//! Changing what a customer may change of a number.

use async_trait::async_trait;
use trunkline_domain::{Change, OwnedNumber};
use trunkline_provisioning::port::{NumberUpdate, UpdateAnswer};

use crate::codec::{optional_text, text};
use crate::columns::number_columns;
use crate::error::Fault;
use crate::row::NumberRow;
use crate::sqlite::time;
use crate::sqlite::writer::{Apply, Decision, Transaction};

#[async_trait]
impl Apply for NumberUpdate {
    type Answer = UpdateAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<UpdateAnswer>, Fault> {
        let number = &change.body.number;
        let row = NumberRow::load(transaction, number.id).await?;
        if !row.status()?.accepts_changes() {
            return Ok(Decision::Unchanged(UpdateAnswer::Busy));
        }
        if !row.has_version(number.version) {
            return Ok(Decision::Unchanged(UpdateAnswer::Stale));
        }
        if number.is_primary {
            take_primary_from_others(transaction, number).await?;
        }
        let row = store(transaction, number).await?;
        Ok(Decision::Applied(UpdateAnswer::Updated(row.number()?)))
    }
}

/// A business has one primary number: the others step back first.
async fn take_primary_from_others(
    transaction: &mut Transaction<'_>,
    number: &OwnedNumber,
) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE business_numbers SET is_primary = 0, version = version + 1, updated_at = ?3
         WHERE business_id = ?1 AND is_primary = 1 AND id <> ?2",
    )
    .bind(optional_text(number.business))
    .bind(text(number.id))
    .bind(time::to_text(number.updated_at))
    .execute(&mut *transaction.connection)
    .await?;
    Ok(())
}

async fn store(transaction: &mut Transaction<'_>, number: &OwnedNumber) -> Result<NumberRow, Fault> {
    let row = sqlx::query_as(concat!(
        "UPDATE business_numbers
         SET display_name = ?2, business_id = ?3, is_primary = ?4, is_active = ?5, notes = ?6, voice_url = ?7,
             sms_url = ?8, status_callback_url = ?9, version = version + 1, updated_at = ?10
         WHERE id = ?1 RETURNING ",
        number_columns!()
    ))
    .bind(text(number.id))
    .bind(number.display_name.as_str())
    .bind(optional_text(number.business))
    .bind(number.is_primary)
    .bind(number.is_active)
    .bind(number.notes.as_deref())
    .bind(number.webhooks.voice_url.as_deref())
    .bind(number.webhooks.sms_url.as_deref())
    .bind(number.webhooks.status_callback_url.as_deref())
    .bind(time::to_text(number.updated_at))
    .fetch_one(&mut *transaction.connection)
    .await?;
    Ok(row)
}

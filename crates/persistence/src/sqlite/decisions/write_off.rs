//! A live number is gone at the provider: its row is released, whoever has to do with it.

use async_trait::async_trait;
use trunkline_domain::{Change, NumberEvent, RequestOperation};
use trunkline_provisioning::ReleaseOutcome;
use trunkline_provisioning::port::{ReleaseTransition, WriteOff};

use crate::codec::text;
use crate::columns::number_columns;
use crate::error::Fault;
use crate::row::NumberRow;
use crate::sqlite::claim::{self, ClaimState};
use crate::sqlite::writer::{Apply, Decision, Transaction};
use crate::sqlite::{request, time};

#[async_trait]
impl Apply for WriteOff {
    type Answer = ReleaseTransition;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<ReleaseTransition>, Fault> {
        let write_off = &change.body;
        let row = NumberRow::load(transaction, write_off.number).await?;
        if row.status()?.after(NumberEvent::WriteOff).is_err() {
            return Ok(Decision::Unchanged(ReleaseTransition::Applied(row.number()?)));
        }
        let row: NumberRow = sqlx::query_as(concat!(
            "UPDATE business_numbers
             SET status = 'released', is_primary = 0, review_reason = NULL, release_leased_until = NULL,
                 release_next_attempt_at = NULL, version = version + 1, updated_at = ?2
             WHERE id = ?1 RETURNING ",
            number_columns!()
        ))
        .bind(text(write_off.number))
        .bind(time::to_text(write_off.at))
        .fetch_one(&mut *transaction.connection)
        .await?;
        let number = row.number()?;
        if let Some(order) = number.order {
            claim::free(transaction, order, ClaimState::Owned).await?;
        }
        let subject = number.id.as_uuid();
        request::end(transaction, RequestOperation::Release, subject, &ReleaseOutcome::Released).await?;
        Ok(Decision::Applied(ReleaseTransition::Applied(number)))
    }
}

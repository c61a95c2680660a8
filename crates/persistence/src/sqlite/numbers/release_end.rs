//! What follows the beginning of a release: done, refused by the provider, left until later, or handed to an operator.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::{Change, NumberEvent, NumberId, NumberStatus, RequestOperation};
use trunkline_provisioning::ReleaseOutcome;
use trunkline_provisioning::port::{
    ReleaseEnd, ReleaseParking, ReleaseReferral, ReleaseReturn, ReleaseTransition,
};

use crate::codec::text;
use crate::columns::number_columns;
use crate::error::Fault;
use crate::row::NumberRow;
use crate::sqlite::claim::{self, ClaimState};
use crate::sqlite::writer::{Apply, Decision, Transaction};
use crate::sqlite::{request, time};

#[async_trait]
impl Apply for ReleaseEnd {
    type Answer = ReleaseTransition;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<ReleaseTransition>, Fault> {
        let end = &change.body;
        let row = NumberRow::load(transaction, end.number).await?;
        let status = row.status()?;
        if status == NumberStatus::Released {
            return unchanged(&row);
        }
        if status.after(NumberEvent::FinishRelease).is_err() {
            return stale(&row);
        }
        let row = move_to(transaction, end.number, NumberStatus::Released, end.at).await?;
        let number = row.number()?;
        if let Some(order) = number.order {
            claim::free(transaction, order, ClaimState::Owned).await?;
        }
        end_request(transaction, end.number, &ReleaseOutcome::Released).await?;
        Ok(Decision::Applied(ReleaseTransition::Applied(number)))
    }
}

#[async_trait]
impl Apply for ReleaseReturn {
    type Answer = ReleaseTransition;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<ReleaseTransition>, Fault> {
        let back = &change.body;
        let row = NumberRow::load(transaction, back.number).await?;
        let status = row.status()?;
        if status == NumberStatus::Active && row.was_left_by(back.lease) && row.was_changed_at(back.at) {
            return unchanged(&row);
        }
        if status.after(NumberEvent::RefuseRelease).is_err() || !row.is_leased_by(back.lease) {
            return stale(&row);
        }
        let row = move_to(transaction, back.number, NumberStatus::Active, back.at).await?;
        let outcome = ReleaseOutcome::RefusedByProvider { code: back.code };
        end_request(transaction, back.number, &outcome).await?;
        Ok(Decision::Applied(ReleaseTransition::Applied(row.number()?)))
    }
}

#[async_trait]
impl Apply for ReleaseReferral {
    type Answer = ReleaseTransition;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<ReleaseTransition>, Fault> {
        let referral = &change.body;
        let row = NumberRow::load(transaction, referral.number).await?;
        let status = row.status()?;
        if status == NumberStatus::Review
            && row.was_left_by(referral.lease)
            && row.was_changed_at(referral.at)
        {
            return unchanged(&row);
        }
        if status.after(NumberEvent::Refer).is_err() || !row.is_leased_by(referral.lease) {
            return stale(&row);
        }
        let row: NumberRow = sqlx::query_as(concat!(
            "UPDATE business_numbers
             SET status = 'review', review_reason = ?2, release_leased_until = NULL, release_next_attempt_at = NULL,
                 version = version + 1, updated_at = ?3
             WHERE id = ?1 RETURNING ",
            number_columns!()
        ))
        .bind(text(referral.number))
        .bind(referral.reason.as_str())
        .bind(time::to_text(referral.at))
        .fetch_one(&mut *transaction.connection)
        .await?;
        Ok(Decision::Applied(ReleaseTransition::Applied(row.number()?)))
    }
}

#[async_trait]
impl Apply for ReleaseParking {
    type Answer = ReleaseTransition;

    /// Nothing that a customer sees changes, so the number's version and time of change stay.
    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<ReleaseTransition>, Fault> {
        let parking = &change.body;
        let row = NumberRow::load(transaction, parking.number).await?;
        let is_releasing = row.status()? == NumberStatus::Releasing;
        if is_releasing && row.was_left_by(parking.lease) && row.attempts()? == parking.attempts {
            return unchanged(&row);
        }
        if !is_releasing || !row.is_leased_by(parking.lease) {
            return stale(&row);
        }
        let row: NumberRow = sqlx::query_as(concat!(
            "UPDATE business_numbers
             SET release_leased_until = NULL, release_next_attempt_at = ?2, release_attempts = ?3
             WHERE id = ?1 RETURNING ",
            number_columns!()
        ))
        .bind(text(parking.number))
        .bind(time::to_text(transaction.now + parking.next_attempt_in))
        .bind(parking.attempts)
        .fetch_one(&mut *transaction.connection)
        .await?;
        Ok(Decision::Applied(ReleaseTransition::Applied(row.number()?)))
    }
}

fn unchanged(row: &NumberRow) -> Result<Decision<ReleaseTransition>, Fault> {
    Ok(Decision::Unchanged(ReleaseTransition::Applied(row.number()?)))
}

fn stale(row: &NumberRow) -> Result<Decision<ReleaseTransition>, Fault> {
    Ok(Decision::Unchanged(ReleaseTransition::Stale(row.number()?)))
}

/// Ends the release one way or the other.
async fn move_to(
    transaction: &mut Transaction<'_>,
    number: NumberId,
    status: NumberStatus,
    at: DateTime<Utc>,
) -> Result<NumberRow, Fault> {
    let row = sqlx::query_as(concat!(
        "UPDATE business_numbers
         SET status = ?2, review_reason = NULL, release_leased_until = NULL, release_next_attempt_at = NULL,
             version = version + 1, updated_at = ?3
         WHERE id = ?1 RETURNING ",
        number_columns!()
    ))
    .bind(text(number))
    .bind(status.as_str())
    .bind(time::to_text(at))
    .fetch_one(&mut *transaction.connection)
    .await?;
    Ok(row)
}

async fn end_request(
    transaction: &mut Transaction<'_>,
    number: NumberId,
    outcome: &ReleaseOutcome,
) -> Result<(), Fault> {
    request::end(transaction, RequestOperation::Release, number.as_uuid(), outcome).await
}

//! The ends of reviews: a release that is tried again, one that is given up, and an orphan's that is tried again.

use async_trait::async_trait;
use trunkline_domain::{Change, NumberEvent, NumberStatus, OrderState, RequestOperation, ReviewReason};
use trunkline_provisioning::port::{
    OrphanRefusal, OrphanResumeAnswer, OrphanResumption, OrphanStage, ReleaseResumption, ReleaseStop,
    ReleaseTransition, ResumeAnswer, ReviewKeeping, StoppedReleases,
};
use trunkline_provisioning::{LeaseToken, ReleaseOutcome};

use crate::codec::text;
use crate::columns::number_columns;
use crate::error::Fault;
use crate::row::{NumberRow, OrderRow, OrphanRow};
use crate::sqlite::writer::{Apply, Decision, Transaction};
use crate::sqlite::{envelope, request, time};

#[async_trait]
impl Apply for ReleaseResumption {
    type Answer = ResumeAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<ResumeAnswer>, Fault> {
        let resumption = &change.body;
        let row = NumberRow::load(transaction, resumption.number).await?;
        if envelope::was_applied(transaction, change).await? {
            return Ok(Decision::Unchanged(ResumeAnswer::Resumed(row.begun()?)));
        }
        if row.status()?.after(NumberEvent::ResumeRelease).is_err() {
            return Ok(Decision::Unchanged(ResumeAnswer::Stale(row.number()?)));
        }
        let row: NumberRow = sqlx::query_as(concat!(
            "UPDATE business_numbers
             SET status = 'releasing', review_reason = NULL, release_lease = release_lease + 1,
                 release_opener_lease = release_lease + 1, release_leased_until = ?2, release_attempts = 0,
                 release_next_attempt_at = NULL, version = version + 1, updated_at = ?3
             WHERE id = ?1 RETURNING ",
            number_columns!()
        ))
        .bind(text(resumption.number))
        .bind(time::to_text(transaction.now + resumption.terms.lease))
        .bind(time::to_text(resumption.at))
        .fetch_one(&mut *transaction.connection)
        .await?;
        Ok(Decision::Applied(ResumeAnswer::Resumed(row.begun()?)))
    }
}

#[async_trait]
impl Apply for ReviewKeeping {
    type Answer = ReleaseTransition;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<ReleaseTransition>, Fault> {
        let keeping = &change.body;
        let row = NumberRow::load(transaction, keeping.number).await?;
        let status = row.status()?;
        if status == NumberStatus::Active && row.was_changed_at(keeping.at) {
            return Ok(Decision::Unchanged(ReleaseTransition::Applied(row.number()?)));
        }
        if status.after(NumberEvent::Keep).is_err() {
            return Ok(Decision::Unchanged(ReleaseTransition::Stale(row.number()?)));
        }
        let row: NumberRow = sqlx::query_as(concat!(
            "UPDATE business_numbers
             SET status = 'active', review_reason = NULL, release_next_attempt_at = NULL, version = version + 1,
                 updated_at = ?2
             WHERE id = ?1 RETURNING ",
            number_columns!()
        ))
        .bind(text(keeping.number))
        .bind(time::to_text(keeping.at))
        .fetch_one(&mut *transaction.connection)
        .await?;
        let (subject, outcome) = (keeping.number.as_uuid(), ReleaseOutcome::RefusedByProvider { code: None });
        request::end(transaction, RequestOperation::Release, subject, &outcome).await?;
        Ok(Decision::Applied(ReleaseTransition::Applied(row.number()?)))
    }
}

#[async_trait]
impl Apply for OrphanResumption {
    type Answer = OrphanResumeAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<OrphanResumeAnswer>, Fault> {
        let resumption = &change.body;
        let lease = LeaseToken::from_i64(resumption.after.as_i64() + 1);
        let refused = |refusal| Ok(Decision::Unchanged(OrphanResumeAnswer::Refused(refusal)));
        let Some(row) = OrphanRow::find(transaction.connection, &resumption.identity.number).await? else {
            return refused(OrphanRefusal::InProgress);
        };
        let stage = row.stage()?;
        if stage == OrphanStage::Releasing && row.is_leased_by(lease) && row.was_changed_at(resumption.at) {
            return Ok(Decision::Unchanged(OrphanResumeAnswer::Resumed(lease)));
        }
        if let Some(refusal) = refusal(transaction, &row).await? {
            return refused(refusal);
        }
        if !matches!(stage, OrphanStage::Review(_)) || row.lease != resumption.after.as_i64() {
            return refused(OrphanRefusal::InProgress);
        }
        sqlx::query(
            "UPDATE orphan_release
             SET state = 'releasing', review_reason = NULL, lease = ?2, leased_until = ?3, attempts = 0,
                 next_attempt_at = NULL, updated_at = ?4
             WHERE twilio_sid = ?1",
        )
        .bind(resumption.identity.number.as_str())
        .bind(lease.as_i64())
        .bind(time::to_text(transaction.now + resumption.terms.lease))
        .bind(time::to_text(resumption.at))
        .execute(&mut *transaction.connection)
        .await?;
        Ok(Decision::Applied(OrphanResumeAnswer::Resumed(lease)))
    }
}

/// What must still hold before the number may be given back: its order has failed and no row has the number, or its row
/// says that it was given back before.
async fn refusal(transaction: &mut Transaction<'_>, row: &OrphanRow) -> Result<Option<OrphanRefusal>, Fault> {
    let order = OrderRow::find(transaction.connection, row.order()).await?;
    let Some(order) = order else { return Ok(Some(OrphanRefusal::UnknownOrder)) };
    let released: Option<bool> =
        sqlx::query_scalar("SELECT status = 'released' FROM business_numbers WHERE twilio_sid = ?1")
            .bind(&row.twilio_sid)
            .fetch_optional(&mut *transaction.connection)
            .await?;
    let is_failed = order.state()? == OrderState::Failed;
    Ok(match released {
        Some(true) => None,
        Some(false) => Some(OrphanRefusal::NumberExists),
        None if is_failed => None,
        None => Some(OrphanRefusal::OrderNotFailed),
    })
}

#[async_trait]
impl Apply for ReleaseStop {
    type Answer = StoppedReleases;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<StoppedReleases>, Fault> {
        let at = time::to_text(change.body.at);
        let mut stopped = [0; 2];
        let statements = [
            "UPDATE business_numbers
             SET status = 'review', review_reason = ?1, release_leased_until = NULL, release_next_attempt_at = NULL,
                 version = version + 1, updated_at = ?2
             WHERE status = 'releasing'",
            "UPDATE orphan_release
             SET state = 'review', review_reason = ?1, leased_until = NULL, next_attempt_at = NULL, updated_at = ?2
             WHERE state = 'releasing'",
        ];
        for (count, statement) in stopped.iter_mut().zip(statements) {
            *count = sqlx::query(statement)
                .bind(ReviewReason::Stopped.as_str())
                .bind(&at)
                .execute(&mut *transaction.connection)
                .await?
                .rows_affected();
        }
        let [numbers, orphans] = stopped;
        let answer = StoppedReleases { numbers, orphans };
        Ok(if numbers + orphans == 0 { Decision::Unchanged(answer) } else { Decision::Applied(answer) })
    }
}

//! What follows the beginning of an orphan's release.

use async_trait::async_trait;
use trunkline_domain::Change;
use trunkline_provisioning::LeaseTerms;
use trunkline_provisioning::port::{OrphanEnd, OrphanParking, OrphanReferral, OrphanStage, StalledOrphan};

use crate::codec::readable;
use crate::columns::orphan_columns;
use crate::error::Fault;
use crate::row::OrphanRow;
use crate::sqlite::claim;
use crate::sqlite::time;
use crate::sqlite::writer::{Apply, Decision, Transaction, Work};

#[async_trait]
impl Apply for OrphanEnd {
    type Answer = bool;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<bool>, Fault> {
        let end = &change.body;
        let Some(row) = OrphanRow::find(transaction.connection, &end.identity.number).await? else {
            return Ok(Decision::Unchanged(false));
        };
        if row.stage()? == OrphanStage::Released {
            return Ok(Decision::Unchanged(true));
        }
        sqlx::query(
            "UPDATE orphan_release
             SET state = 'released', review_reason = NULL, leased_until = NULL, next_attempt_at = NULL, updated_at = ?2
             WHERE twilio_sid = ?1",
        )
        .bind(end.identity.number.as_str())
        .bind(time::to_text(end.at))
        .execute(&mut *transaction.connection)
        .await?;
        claim::leave_orphan(transaction, &row.phone_number()?, row.order()).await?;
        Ok(Decision::Applied(true))
    }
}

#[async_trait]
impl Apply for OrphanParking {
    type Answer = bool;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<bool>, Fault> {
        let parking = &change.body;
        let row = OrphanRow::find(transaction.connection, &parking.identity.number).await?;
        if !row.is_some_and(|row| row.is_leased_by(parking.lease)) {
            return Ok(Decision::Unchanged(false));
        }
        sqlx::query(
            "UPDATE orphan_release SET leased_until = NULL, next_attempt_at = ?2, attempts = ?3, updated_at = ?4
             WHERE twilio_sid = ?1",
        )
        .bind(parking.identity.number.as_str())
        .bind(time::to_text(transaction.now + parking.next_attempt_in))
        .bind(parking.attempts)
        .bind(time::to_text(parking.at))
        .execute(&mut *transaction.connection)
        .await?;
        Ok(Decision::Applied(true))
    }
}

#[async_trait]
impl Apply for OrphanReferral {
    type Answer = bool;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<bool>, Fault> {
        let referral = &change.body;
        let row = OrphanRow::find(transaction.connection, &referral.identity.number).await?;
        if !row.is_some_and(|row| row.is_leased_by(referral.lease)) {
            return Ok(Decision::Unchanged(false));
        }
        sqlx::query(
            "UPDATE orphan_release
             SET state = 'review', review_reason = ?2, leased_until = NULL, next_attempt_at = NULL, updated_at = ?3
             WHERE twilio_sid = ?1",
        )
        .bind(referral.identity.number.as_str())
        .bind(referral.reason.as_str())
        .bind(time::to_text(referral.at))
        .execute(&mut *transaction.connection)
        .await?;
        Ok(Decision::Applied(true))
    }
}

/// Takes over orphans whose lease has run out and whose next attempt is due, oldest first.
pub(super) struct ClaimStalledOrphans {
    pub(super) terms: LeaseTerms,
    pub(super) limit: u16,
}

#[async_trait]
impl Work for ClaimStalledOrphans {
    type Answer = Vec<StalledOrphan>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Decision<Self::Answer>, Fault> {
        let due: Vec<String> = sqlx::query_scalar(
            "SELECT twilio_sid FROM orphan_release
             WHERE state = 'releasing'
               AND (leased_until IS NULL OR leased_until <= ?1)
               AND (next_attempt_at IS NULL OR next_attempt_at <= ?1)
             ORDER BY created_at, twilio_sid LIMIT ?2",
        )
        .bind(transaction.now_text())
        .bind(self.limit)
        .fetch_all(&mut *transaction.connection)
        .await?;
        let leased_until = time::to_text(transaction.now + self.terms.lease);
        let mut taken = Vec::with_capacity(due.len());
        for sid in due {
            let row: OrphanRow = sqlx::query_as(concat!(
                "UPDATE orphan_release SET lease = lease + 1, leased_until = ?2 WHERE twilio_sid = ?1 RETURNING ",
                orphan_columns!()
            ))
            .bind(&sid)
            .bind(&leased_until)
            .fetch_one(&mut *transaction.connection)
            .await?;
            taken.extend(readable("orphan", &sid, row.stalled())?);
        }
        Ok(Decision::Applied(taken))
    }
}

//! Beginning the release of a number that was given back here and that the provider still has: only while its row says
//! `released` and nobody else deals with the phone number.

use async_trait::async_trait;
use trunkline_domain::{Change, NumberStatus};
use trunkline_provisioning::LeaseToken;
use trunkline_provisioning::port::{LeftoverOpening, OrphanAnswer, OrphanRefusal, OrphanStage};

use super::begin::take_claim;
use crate::codec::text;
use crate::error::Fault;
use crate::row::{NumberRow, OrphanRow};
use crate::sqlite::claim::{self, ClaimState};
use crate::sqlite::time;
use crate::sqlite::writer::{Apply, Decision, Transaction};

#[async_trait]
impl Apply for LeftoverOpening {
    type Answer = OrphanAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<OrphanAnswer>, Fault> {
        let (opening, orphan) = (&change.body, &change.body.orphan);
        let refused = |refusal| Ok(Decision::Unchanged(OrphanAnswer::Refused(refusal)));
        if !is_released(transaction, opening).await? {
            return refused(OrphanRefusal::NotReleased);
        }
        let known = OrphanRow::find(transaction.connection, &orphan.identity.number).await?;
        let stage = known.as_ref().map(OrphanRow::stage).transpose()?;
        match stage {
            Some(OrphanStage::Releasing) if known.is_some_and(|row| row.is_due(transaction.now)) => {}
            Some(OrphanStage::Releasing | OrphanStage::Review(_)) => {
                return refused(OrphanRefusal::InProgress);
            }
            None | Some(OrphanStage::Released) => {
                let claim = claim::find(transaction, &orphan.phone_number).await?;
                if claim.is_some_and(|claim| claim.state != ClaimState::Cooling) {
                    return refused(OrphanRefusal::ClaimedByOther);
                }
                take_claim(transaction, orphan).await?;
            }
        }
        let lease = begin(transaction, opening).await?;
        Ok(Decision::Applied(OrphanAnswer::Begun(lease)))
    }
}

async fn is_released(transaction: &mut Transaction<'_>, opening: &LeftoverOpening) -> Result<bool, Fault> {
    let Some(row) = NumberRow::find(transaction.connection, opening.number).await? else { return Ok(false) };
    let (number, orphan) = (row.number()?, &opening.orphan);
    Ok(number.status == NumberStatus::Released
        && number.identity.as_ref() == Some(&orphan.identity)
        && number.phone_number == orphan.phone_number
        && number.order == Some(orphan.order))
}

/// A row that says how often it was tried, and is begun anew where it had ended.
async fn begin(transaction: &mut Transaction<'_>, opening: &LeftoverOpening) -> Result<LeaseToken, Fault> {
    let orphan = &opening.orphan;
    let lease = sqlx::query_scalar(
        "INSERT INTO orphan_release (twilio_sid, twilio_account_sid, phone_number, order_id, state, lease,
                                     leased_until, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, 'releasing', 1, ?5, ?6, ?6)
         ON CONFLICT (twilio_sid) DO UPDATE SET
             state = 'releasing', lease = lease + 1, leased_until = excluded.leased_until, next_attempt_at = NULL,
             attempts = CASE WHEN state = 'released' THEN 0 ELSE attempts END, updated_at = excluded.updated_at
         RETURNING lease",
    )
    .bind(orphan.identity.number.as_str())
    .bind(orphan.identity.account.as_str())
    .bind(orphan.phone_number.as_str())
    .bind(text(orphan.order))
    .bind(time::to_text(transaction.now + opening.terms.lease))
    .bind(time::to_text(opening.at))
    .fetch_one(&mut *transaction.connection)
    .await?;
    Ok(LeaseToken::from_i64(lease))
}

//! Beginning the release of an orphan: only where this database knows that the number is nobody's.

use async_trait::async_trait;
use trunkline_domain::{Change, OrderState};
use trunkline_provisioning::LeaseToken;
use trunkline_provisioning::port::{Orphan, OrphanAnswer, OrphanOpening, OrphanRefusal, OrphanStage};

use crate::codec::text;
use crate::error::Fault;
use crate::row::{OrderRow, OrphanRow};
use crate::sqlite::claim::{self, ClaimState};
use crate::sqlite::time;
use crate::sqlite::writer::{Apply, Decision, Transaction};

#[async_trait]
impl Apply for OrphanOpening {
    type Answer = OrphanAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<OrphanAnswer>, Fault> {
        let opening = &change.body;
        if let Some(refusal) = refusal(transaction, opening).await? {
            return Ok(Decision::Unchanged(OrphanAnswer::Refused(refusal)));
        }
        let known = OrphanRow::find(transaction.connection, &opening.orphan.identity.number).await?;
        if known.is_some() {
            let lease = take_over(transaction, opening).await?;
            return Ok(Decision::Applied(OrphanAnswer::Begun(lease)));
        }
        take_claim(transaction, &opening.orphan).await?;
        let lease = insert(transaction, opening).await?;
        Ok(Decision::Applied(OrphanAnswer::Begun(lease)))
    }
}

/// Everything that must hold before a number may be given back that no row names.
async fn refusal(
    transaction: &mut Transaction<'_>,
    opening: &OrphanOpening,
) -> Result<Option<OrphanRefusal>, Fault> {
    let orphan = &opening.orphan;
    let Some(order) = OrderRow::find(transaction.connection, orphan.order).await? else {
        return Ok(Some(OrphanRefusal::UnknownOrder));
    };
    if order.state()? != OrderState::Failed {
        return Ok(Some(OrphanRefusal::OrderNotFailed));
    }
    let is_a_number =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM business_numbers WHERE twilio_sid = ?1)")
            .bind(orphan.identity.number.as_str())
            .fetch_one(&mut *transaction.connection)
            .await?;
    if is_a_number {
        return Ok(Some(OrphanRefusal::NumberExists));
    }
    if let Some(row) = OrphanRow::find(transaction.connection, &orphan.identity.number).await? {
        let is_free = row.stage()? == OrphanStage::Releasing && row.is_due(transaction.now);
        return Ok((!is_free).then_some(OrphanRefusal::InProgress));
    }
    let claim = claim::find(transaction, &orphan.phone_number).await?;
    Ok(claim.filter(|claim| claim.state != ClaimState::Cooling).map(|_| OrphanRefusal::ClaimedByOther))
}

/// Takes over the claim that a failed order left cooling, or a phone number that nobody deals with.
pub(super) async fn take_claim(transaction: &mut Transaction<'_>, orphan: &Orphan) -> Result<(), Fault> {
    if claim::find(transaction, &orphan.phone_number).await?.is_some() {
        claim::pass_to_orphan(transaction, &orphan.phone_number).await
    } else {
        claim::take(transaction, &orphan.phone_number, orphan.order, ClaimState::Orphan).await
    }
}

async fn insert(transaction: &mut Transaction<'_>, opening: &OrphanOpening) -> Result<LeaseToken, Fault> {
    let orphan = &opening.orphan;
    let lease = sqlx::query_scalar(
        "INSERT INTO orphan_release (twilio_sid, twilio_account_sid, phone_number, order_id, state, lease,
                                     leased_until, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, 'releasing', 1, ?5, ?6, ?6) RETURNING lease",
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

async fn take_over(transaction: &mut Transaction<'_>, opening: &OrphanOpening) -> Result<LeaseToken, Fault> {
    let lease = sqlx::query_scalar(
        "UPDATE orphan_release SET lease = lease + 1, leased_until = ?2, updated_at = ?3
         WHERE twilio_sid = ?1 RETURNING lease",
    )
    .bind(opening.orphan.identity.number.as_str())
    .bind(time::to_text(transaction.now + opening.terms.lease))
    .bind(time::to_text(opening.at))
    .fetch_one(&mut *transaction.connection)
    .await?;
    Ok(LeaseToken::from_i64(lease))
}

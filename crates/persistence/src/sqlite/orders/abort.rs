//! TX2 of a purchase that came to nothing: the hold is voided, the claim freed or left cooling.

use async_trait::async_trait;
use trunkline_domain::{Change, OrderState, RequestOperation};
use trunkline_provisioning::port::{ClaimEnd, PurchaseAbort, Transition};

use crate::codec::{text, to_json};
use crate::error::Fault;
use crate::row::OrderRow;
use crate::sqlite::claim::{self, ClaimState};
use crate::sqlite::writer::{Apply, Decision, Transaction};
use crate::sqlite::{ledger, request, time};

#[async_trait]
impl Apply for PurchaseAbort {
    type Answer = Transition;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<Transition>, Fault> {
        let abort = &change.body;
        let row = OrderRow::load(transaction, abort.order).await?;
        if row.state()? == OrderState::Failed
            && ledger::has_transfer(transaction, abort.void.transfer).await?
        {
            return Ok(Decision::Unchanged(Transition::Applied(row.order()?)));
        }
        if !row.obeys(abort.authority, transaction.now)? {
            return Ok(Decision::Unchanged(Transition::Stale(row.order()?)));
        }
        fail(transaction, abort).await?;
        match abort.claim {
            ClaimEnd::Free => claim::free(transaction, abort.order, ClaimState::Ordering).await?,
            ClaimEnd::Cool => claim::cool(transaction, abort.order).await?,
        }
        ledger::void(transaction, abort.void, abort.order, abort.at).await?;
        end_request(transaction, abort).await?;
        let order = OrderRow::load(transaction, abort.order).await?.order()?;
        Ok(Decision::Applied(Transition::Applied(order)))
    }
}

async fn fail(transaction: &mut Transaction<'_>, abort: &PurchaseAbort) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE orders SET state = 'failed', failure = ?2, review_reason = NULL, leased_until = NULL,
                           next_look_at = NULL, updated_at = ?3
         WHERE id = ?1",
    )
    .bind(text(abort.order))
    .bind(to_json(&abort.reason)?)
    .bind(time::to_text(abort.at))
    .execute(&mut *transaction.connection)
    .await?;
    Ok(())
}

async fn end_request(transaction: &mut Transaction<'_>, abort: &PurchaseAbort) -> Result<(), Fault> {
    let subject = abort.order.as_uuid();
    match &abort.end {
        Some(end) => request::end(transaction, RequestOperation::Purchase, subject, end).await,
        None => request::free(transaction, RequestOperation::Purchase, subject).await,
    }
}

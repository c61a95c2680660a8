//! Putting the row of a number back that its order has paid for: row and claim together, and no money.

use async_trait::async_trait;
use trunkline_domain::{Change, NumberSid, OrderId, OwnedNumber, TransferId};
use trunkline_provisioning::port::{Restoration, RestoreAnswer};

use super::adopt::taken;
use crate::codec::text;
use crate::columns::number_columns;
use crate::error::Fault;
use crate::row::{NumberRow, OrderRow, require_bought, restored};
use crate::sqlite::claim::{self, ClaimState};
use crate::sqlite::writer::{Apply, Decision, Transaction};

#[async_trait]
impl Apply for Restoration {
    type Answer = RestoreAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<RestoreAnswer>, Fault> {
        let (number, (id, sid)) = (&change.body.number, restored(&change.body)?);
        if let Some(row) = find_known(transaction, number, id, sid).await? {
            let known = row.number()?;
            let is_this = (known.id, &known.identity) == (number.id, &number.identity);
            let answer = if is_this { RestoreAnswer::Restored } else { RestoreAnswer::Known };
            return Ok(Decision::Unchanged(answer(known)));
        }
        let row = OrderRow::find(transaction.connection, id).await?;
        let order = row.ok_or_else(|| Fault::Broken(format!("there is no order {id}")))?.order()?;
        require_bought(&order, number)?;
        if !is_captured(transaction, order.hold).await? {
            return Ok(Decision::Unchanged(RestoreAnswer::NotCharged));
        }
        let claim = claim::find(transaction, &number.phone_number).await?;
        let is_its_own = |order, state| order == id && state == ClaimState::Owned;
        match &claim {
            None => claim::take(transaction, &number.phone_number, id, ClaimState::Owned).await?,
            Some(claim) if is_its_own(claim.order, claim.state) => {}
            Some(claim) => {
                if let Some((order, holder)) = taken(claim) {
                    return Ok(Decision::Unchanged(RestoreAnswer::Claimed { order, holder }));
                }
                claim::pass_to_adopted(transaction, &number.phone_number, id).await?;
            }
        }
        let number = NumberRow::insert(transaction, number).await?;
        Ok(Decision::Applied(RestoreAnswer::Restored(number)))
    }
}

/// A row that has the number's id, its id at the provider or its order.
async fn find_known(
    transaction: &mut Transaction<'_>,
    number: &OwnedNumber,
    order: OrderId,
    sid: &NumberSid,
) -> Result<Option<NumberRow>, Fault> {
    let row = sqlx::query_as(concat!(
        "SELECT ",
        number_columns!(),
        " FROM business_numbers WHERE twilio_sid = ?1 OR id = ?2 OR order_id = ?3 ORDER BY created_at, id LIMIT 1"
    ))
    .bind(sid.as_str())
    .bind(text(number.id))
    .bind(text(order))
    .fetch_optional(&mut *transaction.connection)
    .await?;
    Ok(row)
}

async fn is_captured(transaction: &mut Transaction<'_>, hold: TransferId) -> Result<bool, Fault> {
    let is_captured = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM transfer WHERE pending_id = ?1 AND kind = 'capture')",
    )
    .bind(text(hold))
    .fetch_one(&mut *transaction.connection)
    .await?;
    Ok(is_captured)
}

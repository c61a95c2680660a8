//! Handing an order to an operator. Its money stays held and its claim stays taken.

use async_trait::async_trait;
use trunkline_domain::{Change, OrderEvent};
use trunkline_provisioning::port::{PurchaseReferral, Transition};

use crate::codec::{optional_text, text};
use crate::columns::order_columns;
use crate::error::Fault;
use crate::row::OrderRow;
use crate::sqlite::time;
use crate::sqlite::writer::{Apply, Decision, Transaction};

#[async_trait]
impl Apply for PurchaseReferral {
    type Answer = Transition;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<Transition>, Fault> {
        let referral = &change.body;
        let row = OrderRow::load(transaction, referral.order).await?;
        let order = row.order()?;
        if order.review == Some(referral.reason)
            && row.was_left_by(referral.lease)
            && row.was_changed_at(referral.at)
        {
            return Ok(Decision::Unchanged(Transition::Applied(order)));
        }
        if order.state.after(OrderEvent::Refer).is_err() || !row.is_leased_by(referral.lease) {
            return Ok(Decision::Unchanged(Transition::Stale(order)));
        }
        let row: OrderRow = sqlx::query_as(concat!(
            "UPDATE orders SET state = 'review', review_reason = ?2, twilio_sid = COALESCE(?3, twilio_sid),
                               leased_until = NULL, next_look_at = NULL, updated_at = ?4
             WHERE id = ?1 RETURNING ",
            order_columns!()
        ))
        .bind(text(referral.order))
        .bind(referral.reason.as_str())
        .bind(optional_text(referral.number_sid.as_ref()))
        .bind(time::to_text(referral.at))
        .fetch_one(&mut *transaction.connection)
        .await?;
        Ok(Decision::Applied(Transition::Applied(row.order()?)))
    }
}

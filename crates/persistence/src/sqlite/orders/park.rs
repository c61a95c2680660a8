//! Leaving an order undecided until later.

use async_trait::async_trait;
use trunkline_domain::{Change, OrderEvent, OrderState};
use trunkline_provisioning::port::{PurchaseParking, Transition};

use crate::codec::text;
use crate::columns::order_columns;
use crate::error::Fault;
use crate::row::OrderRow;
use crate::sqlite::time;
use crate::sqlite::writer::{Apply, Decision, Transaction};

#[async_trait]
impl Apply for PurchaseParking {
    type Answer = Transition;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<Transition>, Fault> {
        let parking = &change.body;
        let row = OrderRow::load(transaction, parking.order).await?;
        let state = row.state()?;
        if state == OrderState::Unresolved && row.was_left_by(parking.lease) && row.was_changed_at(parking.at)
        {
            return Ok(Decision::Unchanged(Transition::Applied(row.order()?)));
        }
        if state.after(OrderEvent::Park).is_err() || !row.is_leased_by(parking.lease) {
            return Ok(Decision::Unchanged(Transition::Stale(row.order()?)));
        }
        let row: OrderRow = sqlx::query_as(concat!(
            "UPDATE orders SET state = 'unresolved', leased_until = NULL, next_look_at = ?2, first_absent_at = ?3,
                               unanswered = ?4, updated_at = ?5
             WHERE id = ?1 RETURNING ",
            order_columns!()
        ))
        .bind(text(parking.order))
        .bind(time::to_text(transaction.now + parking.next_look_in))
        .bind(parking.first_absent_at.map(time::to_text))
        .bind(parking.unanswered)
        .bind(time::to_text(parking.at))
        .fetch_one(&mut *transaction.connection)
        .await?;
        Ok(Decision::Applied(Transition::Applied(row.order()?)))
    }
}

//! Noting on a failed order that the provider turned out to hold a number for it. An order keeps the first such
//! number; the release of the orphan itself is a transition of its own.

use async_trait::async_trait;
use trunkline_domain::{Change, OrderState};
use trunkline_provisioning::port::{LateSuccess, Transition};

use crate::codec::text;
use crate::columns::order_columns;
use crate::error::Fault;
use crate::row::OrderRow;
use crate::sqlite::time;
use crate::sqlite::writer::{Apply, Decision, Transaction};

#[async_trait]
impl Apply for LateSuccess {
    type Answer = Transition;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<Transition>, Fault> {
        let late = &change.body;
        let order = OrderRow::load(transaction, late.order).await?.order()?;
        if order.state != OrderState::Failed {
            return Ok(Decision::Unchanged(Transition::Stale(order)));
        }
        match &order.number_sid {
            Some(known) if *known == late.number_sid => {
                return Ok(Decision::Unchanged(Transition::Applied(order)));
            }
            Some(_) => return Ok(Decision::Unchanged(Transition::Stale(order))),
            None => {}
        }
        let row: OrderRow = sqlx::query_as(concat!(
            "UPDATE orders SET twilio_sid = ?2, updated_at = ?3 WHERE id = ?1 RETURNING ",
            order_columns!()
        ))
        .bind(text(late.order))
        .bind(late.number_sid.as_str())
        .bind(time::to_text(late.at))
        .fetch_one(&mut *transaction.connection)
        .await?;
        Ok(Decision::Applied(Transition::Applied(row.order()?)))
    }
}

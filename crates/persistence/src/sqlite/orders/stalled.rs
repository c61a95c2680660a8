//! Taking over orders that nobody works on.

use async_trait::async_trait;
use trunkline_provisioning::LeaseTerms;
use trunkline_provisioning::port::StalledOrder;

use crate::codec::readable;
use crate::columns::order_columns;
use crate::error::Fault;
use crate::row::OrderRow;
use crate::sqlite::time;
use crate::sqlite::writer::{Decision, Transaction, Work};

/// Takes over orders whose lease has run out and whose next look is due, oldest first.
pub(super) struct ClaimStalledOrders {
    pub(super) terms: LeaseTerms,
    pub(super) limit: u16,
}

#[async_trait]
impl Work for ClaimStalledOrders {
    type Answer = Vec<StalledOrder>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Decision<Self::Answer>, Fault> {
        let due: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM orders
             WHERE state IN ('ordering', 'unresolved')
               AND (leased_until IS NULL OR leased_until <= ?1)
               AND (next_look_at IS NULL OR next_look_at <= ?1)
             ORDER BY opened_at, id LIMIT ?2",
        )
        .bind(transaction.now_text())
        .bind(self.limit)
        .fetch_all(&mut *transaction.connection)
        .await?;
        let leased_until = time::to_text(transaction.now + self.terms.lease);
        let mut taken = Vec::with_capacity(due.len());
        for id in due {
            let row: OrderRow = sqlx::query_as(concat!(
                "UPDATE orders SET lease = lease + 1, leased_until = ?2 WHERE id = ?1 RETURNING ",
                order_columns!()
            ))
            .bind(&id)
            .bind(&leased_until)
            .fetch_one(&mut *transaction.connection)
            .await?;
            taken.extend(readable("order", &id, row.stalled(transaction.now))?);
        }
        Ok(Decision::Applied(taken))
    }
}

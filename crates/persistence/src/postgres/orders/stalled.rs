//! Taking over orders that nobody works on.

use sqlx::FromRow;
use trunkline_provisioning::LeaseTerms;
use trunkline_provisioning::port::StalledOrder;

use crate::cell::Moment;
use crate::codec::{readable, text};
use crate::columns::order_columns;
use crate::error::{Failure, Fault};
use crate::postgres::PostgresStore;
use crate::postgres::cells::interval;
use crate::row::OrderRow;

/// An order that was taken over, and when.
#[derive(FromRow)]
struct TakenRow {
    claimed_at: Moment,
    #[sqlx(flatten)]
    order: OrderRow,
}

impl PostgresStore {
    /// Takes over orders whose lease has run out and whose next look is due, oldest first. What another worker takes
    /// over at this moment is left to it.
    pub(super) async fn claim_stalled_orders(
        &self,
        terms: LeaseTerms,
        limit: u16,
    ) -> Result<Vec<StalledOrder>, Failure> {
        let query = sqlx::query_as(concat!(
            "WITH clock AS MATERIALIZED (SELECT trunkline.lease_time_1($1) AS now),
             due AS (
                 SELECT waiting.id FROM trunkline.orders waiting, clock
                 WHERE waiting.state IN ('ordering', 'unresolved')
                   AND (waiting.leased_until IS NULL OR waiting.leased_until <= clock.now)
                   AND (waiting.next_look_at IS NULL OR waiting.next_look_at <= clock.now)
                 ORDER BY waiting.opened_at, waiting.id LIMIT $2
                 FOR NO KEY UPDATE OF waiting SKIP LOCKED
             ),
             taken AS (
                 UPDATE trunkline.orders ours SET lease = ours.lease + 1, leased_until = clock.now + $3
                 FROM due, clock WHERE ours.id = due.id
                 RETURNING clock.now AS claimed_at, ours AS order_row
             )
             SELECT claimed_at, ",
            order_columns!(),
            " FROM taken CROSS JOIN LATERAL (SELECT (taken.order_row).*) AS order_row ORDER BY opened_at, id"
        ))
        .bind(self.lease_time.given())
        .bind(i64::from(limit))
        .bind(interval(terms.lease));
        let taken: Vec<TakenRow> = self.pool.take(query).await?;
        let stalled = taken.iter().map(|TakenRow { order, claimed_at }| {
            readable("order", &text(order.id.0), order.stalled(claimed_at.time()))
        });
        Ok(stalled.filter_map(Result::transpose).collect::<Result<_, Fault>>()?)
    }
}

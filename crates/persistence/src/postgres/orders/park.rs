//! Leaving an order undecided until later.

use sqlx::types::Json;
use trunkline_domain::{Change, OrderEvent};
use trunkline_provisioning::port::{PurchaseParking, Transition};

use super::{states_before, transition};
use crate::error::Failure;
use crate::postgres::PostgresStore;
use crate::postgres::answer::order_answer;
use crate::postgres::cells::interval;

impl PostgresStore {
    pub(super) async fn park_purchase(
        &self,
        change: &Change<PurchaseParking>,
    ) -> Result<Transition, Failure> {
        let parking = &change.body;
        let query = sqlx::query_as(order_answer!("park_purchase_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"))
            .bind(parking.order.as_uuid())
            .bind(states_before(OrderEvent::Park))
            .bind(parking.lease.as_i64())
            .bind(interval(parking.next_look_in))
            .bind(parking.first_absent_at)
            .bind(i64::from(parking.unanswered))
            .bind(parking.at)
            .bind(Json(&change.events))
            .bind(Json(&change.audit))
            .bind(self.lease_time.given());
        transition("park_purchase_1", self.pool.change(query).await?)
    }
}

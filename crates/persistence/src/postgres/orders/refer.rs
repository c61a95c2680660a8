//! Handing an order to an operator. Its money stays held and its claim stays taken.

use sqlx::types::Json;
use trunkline_domain::{Change, NumberSid, OrderEvent};
use trunkline_provisioning::port::{PurchaseReferral, Transition};

use super::{states_before, transition};
use crate::error::Failure;
use crate::postgres::PostgresStore;
use crate::postgres::answer::order_answer;

impl PostgresStore {
    pub(super) async fn refer_purchase(
        &self,
        change: &Change<PurchaseReferral>,
    ) -> Result<Transition, Failure> {
        let referral = &change.body;
        let query = sqlx::query_as(order_answer!("refer_purchase_1($1, $2, $3, $4, $5, $6, $7, $8)"))
            .bind(referral.order.as_uuid())
            .bind(states_before(OrderEvent::Refer))
            .bind(referral.lease.as_i64())
            .bind(referral.reason.as_str())
            .bind(referral.number_sid.as_ref().map(NumberSid::as_str))
            .bind(referral.at)
            .bind(Json(&change.events))
            .bind(Json(&change.audit));
        transition("refer_purchase_1", self.pool.change(query).await?)
    }
}

//! TX2 of a purchase that came to nothing: the hold is voided, the claim freed or left cooling.

use sqlx::types::Json;
use trunkline_domain::Change;
use trunkline_provisioning::port::{Authority, ClaimEnd, PurchaseAbort, Transition};

use super::transition;
use crate::error::Failure;
use crate::postgres::PostgresStore;
use crate::postgres::answer::order_answer;

impl PostgresStore {
    pub(super) async fn abort_purchase(&self, change: &Change<PurchaseAbort>) -> Result<Transition, Failure> {
        let abort = &change.body;
        let query =
            sqlx::query_as(order_answer!("abort_purchase_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"))
                .bind(abort.order.as_uuid())
                .bind(match abort.authority {
                    Authority::Lease(lease) => Some(lease.as_i64()),
                    Authority::Operator => None,
                })
                .bind(Json(&abort.reason))
                .bind(match abort.claim {
                    ClaimEnd::Free => "free",
                    ClaimEnd::Cool => "cool",
                })
                .bind(abort.void.hold.as_uuid())
                .bind(abort.void.transfer.as_uuid())
                .bind(abort.end.as_ref().map(Json))
                .bind(abort.at)
                .bind(Json(&change.events))
                .bind(Json(&change.audit))
                .bind(self.lease_time.given());
        transition("abort_purchase_1", self.pool.change(query).await?)
    }
}

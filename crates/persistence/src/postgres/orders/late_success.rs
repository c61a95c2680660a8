//! Noting on a failed order that the provider turned out to hold a number for it. An order keeps the first such
//! number; the release of the orphan itself is a transition of its own.

use sqlx::types::Json;
use trunkline_domain::Change;
use trunkline_provisioning::port::{LateSuccess, Transition};

use super::transition;
use crate::error::Failure;
use crate::postgres::PostgresStore;
use crate::postgres::answer::order_answer;

impl PostgresStore {
    pub(super) async fn note_late_success(
        &self,
        change: &Change<LateSuccess>,
    ) -> Result<Transition, Failure> {
        let late = &change.body;
        let query = sqlx::query_as(order_answer!("record_late_success_1($1, $2, $3, $4, $5)"))
            .bind(late.order.as_uuid())
            .bind(late.number_sid.as_str())
            .bind(late.at)
            .bind(Json(&change.events))
            .bind(Json(&change.audit));
        transition("record_late_success_1", self.pool.change(query).await?)
    }
}

//! What is open, as it is counted.

use sqlx::FromRow;
use trunkline_domain::OrderState;
use trunkline_provisioning::port::OrdersInState;

use crate::cell::Moment;
use crate::codec::named;
use crate::error::Fault;

/// How many orders are in a state, and when the oldest was opened.
#[derive(Debug, FromRow)]
pub(crate) struct StateRow {
    state: String,
    count: i64,
    oldest_opened_at: Moment,
}

impl StateRow {
    pub(crate) fn orders(&self) -> Result<OrdersInState, Fault> {
        Ok(OrdersInState {
            state: named("orders.state", &self.state, OrderState::from_name)?,
            count: self.count.unsigned_abs(),
            oldest_opened_at: self.oldest_opened_at.time(),
        })
    }
}

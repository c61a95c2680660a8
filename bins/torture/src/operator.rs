//! What no machine may decide, and the operator does: an order whose server died between opening it and looking, for a number
//! that another deployment holds on the same account, and more repairs at once than are made unasked.
//!
//! Recovery cannot know that nothing was sent for such an order, so the operator voids it. Every other order has to end by
//! itself. A minute under fire leaves more orphans than the brake of a reconciliation lets go; the operator types back how
//! many there are.

use tokio::time::{Instant, timeout_at};

use crate::api::{Api, OrderStatus};
use crate::stage::Stage;

/// How often a changed number is typed back before it is left for another time.
const TRIES: u32 = 3;

/// What the operator did in a run.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Operator {
    /// Orders ended.
    pub(crate) ended: u64,
    /// Repairs that were held back, and confirmed.
    pub(crate) confirmed: u64,
}

impl Operator {
    /// Ends the orders under review for numbers that another deployment holds, and no others.
    pub(crate) async fn end_reviews(&mut self, stage: &Stage) -> anyhow::Result<()> {
        for order in stage.api.orders_in(OrderStatus::Review).await? {
            if stage.neighbours.iter().any(|number| number.phone_number == order.phone_number) {
                stage.fleet.void(&order.id).await?;
                self.ended += 1;
            }
        }
        Ok(())
    }

    /// Confirms what the last reconciliation was held back from. Until `until`: in bad weather it may take for ever, and
    /// then it is done another time.
    pub(crate) async fn confirm_repairs(&mut self, stage: &Stage, until: Instant) {
        if let Ok(Ok(confirmed)) = timeout_at(until, confirm(&stage.api)).await {
            self.confirmed += confirmed;
        }
    }
}

/// Confirms until nothing is held back or the server has no report to give, and says how many repairs were made. What is
/// to be repaired changes from run to run: each says how many there are by now.
async fn confirm(api: &Api) -> anyhow::Result<u64> {
    let mut held_back = api.held_back().await?;
    for _ in 0..TRIES {
        let Some(confirmed) = held_back else { break };
        let Some(report) = api.repair(confirmed).await else { break };
        if report.held_back.is_none() {
            return Ok(report.repairs.done);
        }
        held_back = report.held_back;
    }
    Ok(0)
}

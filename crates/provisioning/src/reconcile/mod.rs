//! Reconciliation: the provider's books against ours, number by number, and the books against the ledger.
//!
//! The provider's list comes first and our rows after it, so that whatever happens meanwhile is young and left alone;
//! from an incomplete list nothing is concluded; and that a number is gone is only said after the list, a look and a
//! direct question have all said so.
//!
//! What it repairs, it repairs one finding at a time, each after it was found again by a direct question, and nothing at
//! all where it would be more than is usual. The schedule repairs only what nobody has any more; the rest waits for the
//! command.

mod comparison;
mod costs;
mod finding;
mod pass;
mod plan;
mod reconciler;
mod repair;
mod report;
mod schedule;

pub(crate) use comparison::differences;
pub(crate) use costs::Costs;
pub use finding::{BookedNumber, Difference, Finding, HeldNumber, Setting};
pub use plan::Repairs;
pub use reconciler::{Progress, ReconcileError};
pub(crate) use report::count;
pub use report::{FINDINGS_KEPT, Found, HeldBack, Repair, RepairCounts, Report};
pub(crate) use schedule::addresses_in;

use crate::Provisioning;
use crate::port::{REPORTS_KEPT, StoreError};

impl Provisioning {
    /// The reports that are kept, newest first; `limit` is brought into 1 to [`REPORTS_KEPT`].
    pub async fn reports(&self, limit: u16) -> Result<Vec<Report>, StoreError> {
        self.engine.parts.reconciliations.reports(limit.clamp(1, REPORTS_KEPT)).await
    }
}

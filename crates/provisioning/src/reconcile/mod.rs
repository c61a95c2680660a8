//! Reconciliation: the provider's books against ours, number by number, and the books against the ledger.
//!
//! It finds and reports, and changes nothing. The provider's list comes first and our rows after it, so that whatever
//! happens meanwhile is young and left alone; from an incomplete list nothing is concluded; and that a number is gone
//! is only said after the list, a look and a direct question have all said so.

mod comparison;
mod costs;
mod finding;
mod reconciler;

pub(crate) use comparison::differences;
pub use finding::{BookedNumber, Difference, FINDINGS_KEPT, Finding, HeldNumber, Report, Setting};
pub use reconciler::{Progress, ReconcileError, Reconciler};

//! The operator's switch: stops and starts sales, each with who and why.

use std::num::NonZeroU32;
use std::sync::Arc;

use serde::Serialize;
use serde_json::json;
use trunkline_domain::{AuditEntry, Change, Clock, Origin};

use crate::Provisioning;
use crate::engine::stored;
use crate::port::{SalesStart, SalesState, SalesStop, SalesStore, StartAnswer, StopAnswer, StoreError};

/// What sales are in the audit trail.
const SALES: &str = "sales";

/// Stops and starts sales for all servers of a database. Cheap to clone.
#[derive(Clone)]
pub struct Sales {
    store: Arc<dyn SalesStore>,
    clock: Arc<dyn Clock>,
}

/// Whether an operator's stop was there and is. The store writes the line only where the switch was turned, so both are
/// known beforehand.
#[derive(Clone, Copy, Serialize)]
struct Stopped {
    before: bool,
    after: bool,
}

/// Why sales were not switched.
#[derive(Debug, thiserror::Error)]
pub enum SalesError {
    /// A reason is missing or longer than 200 characters.
    #[error("it needs a reason of 1 to 200 characters; nothing was changed")]
    Reason,
    /// The store failed.
    #[error("the store could not be asked")]
    Storage(#[from] StoreError),
}

impl Sales {
    /// The longest reason, in characters.
    pub const REASON_MAX: usize = 200;

    /// The switch of this store.
    pub fn new(store: Arc<dyn SalesStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// How sales stand.
    pub async fn state(&self) -> Result<SalesState, StoreError> {
        self.store.sales().await
    }

    /// Stops sales. Orders that are open go on to their ends; releases and calls go on.
    pub async fn stop(&self, reason: &str, origin: &Origin) -> Result<StopAnswer, SalesError> {
        let reason = checked(reason)?;
        let audit = self.audit("sales.stop", Stopped { before: false, after: true }, reason.clone(), origin);
        let stop = SalesStop { by: audit.actor.clone(), reason, at: audit.at };
        let change = Change::new(stop).audit(audit);
        Ok(stored(|| self.store.stop_sales(&change)).await?)
    }

    /// Ends an operator's stop. A pause for want of money ends by itself, and not by this.
    pub async fn start(&self, reason: &str, origin: &Origin) -> Result<StartAnswer, SalesError> {
        let audit =
            self.audit("sales.start", Stopped { before: true, after: false }, checked(reason)?, origin);
        let change = Change::new(SalesStart { at: audit.at }).audit(audit);
        Ok(stored(|| self.store.start_sales(&change)).await?)
    }

    fn audit(&self, action: &str, stopped: Stopped, reason: String, origin: &Origin) -> AuditEntry {
        let details = json!({ "stopped": stopped });
        AuditEntry { reason: Some(reason), details, ..origin.audit(action, SALES, None, self.clock.now()) }
    }
}

impl Provisioning {
    /// How many orders of all users are opened a day, by UTC, at most; `None` without a limit.
    pub fn purchases_per_day(&self) -> Option<NonZeroU32> {
        self.engine.settings.purchases_per_day
    }
}

fn checked(reason: &str) -> Result<String, SalesError> {
    let reason = reason.trim();
    let is_a_reason = (1..=Sales::REASON_MAX).contains(&reason.chars().count());
    is_a_reason.then(|| reason.to_owned()).ok_or(SalesError::Reason)
}

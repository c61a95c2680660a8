//! Whose clock leases are set and compared by.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use trunkline_domain::Clock;

/// The clock of leases, windows and the ages of idempotency keys.
///
/// Replicas' clocks differ, and a lease that one sets by its own clock another would judge by a different one. So they
/// use the database's, read inside the statement that sets or compares. Tests give a clock that they move.
#[derive(Clone, Default)]
pub enum LeaseTime {
    /// The database's own clock.
    #[default]
    Database,
    /// A clock that a test moves. Every store of a database must be given the same.
    Given(Arc<dyn Clock>),
}

impl LeaseTime {
    /// What statements bind: SQL reads it as `coalesce($n, clock_timestamp())`.
    pub(crate) fn given(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Database => None,
            Self::Given(clock) => Some(clock.now()),
        }
    }
}

impl std::fmt::Debug for LeaseTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Database => "Database",
            Self::Given(_) => "Given",
        })
    }
}

//! Where time and fresh ids come from. Both are injected everywhere, so tests move the one and predict the other.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The wall clock. Never used to measure a duration that money depends on: leases and send windows are compared
/// by the store's clock, deadlines inside one process by monotonic time.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> DateTime<Utc>;
}

/// Fresh ids, sortable by the time they were made.
pub trait IdSource: Send + Sync {
    /// A new UUIDv7.
    fn next(&self) -> Uuid;
}

/// The machine's clock, cut to microseconds: the finest grain that both database engines store.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        let now = Utc::now();
        DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
    }
}

/// UUIDv7 from the machine's clock and random bits.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}

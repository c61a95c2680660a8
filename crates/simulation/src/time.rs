//! Virtual time. It passes only while every task waits, and then jumps to whatever comes next.
//!
//! There is one timeline, tokio's paused clock, and everybody reads it in their own way: the store and the provider
//! as it is, each process with the error of its own wall clock.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;
use trunkline_domain::Clock;

/// The one time that passes. Read inside the runtime whose clock is paused.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeline {
    epoch: DateTime<Utc>,
    began: Instant,
}

impl Timeline {
    /// A time that begins now, at this date.
    pub(crate) fn begin(epoch: DateTime<Utc>) -> Self {
        Self { epoch, began: Instant::now() }
    }

    /// The right time.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.epoch + self.passed()
    }

    /// How much of it has passed.
    pub(crate) fn passed(&self) -> TimeDelta {
        TimeDelta::from_std(self.began.elapsed()).unwrap_or(TimeDelta::MAX)
    }
}

/// A process's wall clock: the right time, and so much off.
pub(crate) struct WallClock {
    pub(crate) timeline: Timeline,
    pub(crate) error: TimeDelta,
}

impl Clock for WallClock {
    fn now(&self) -> DateTime<Utc> {
        self.timeline.now() + self.error
    }
}

/// The store's clock. The store lives outside of the runtime whose time is virtual, so it is set before every call.
#[derive(Debug, Default)]
pub(crate) struct StoreClock {
    micros: AtomicI64,
}

impl StoreClock {
    pub(crate) fn set(&self, now: DateTime<Utc>) {
        self.micros.store(now.timestamp_micros(), Ordering::Relaxed);
    }
}

impl Clock for StoreClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.micros.load(Ordering::Relaxed)).unwrap_or_default()
    }
}

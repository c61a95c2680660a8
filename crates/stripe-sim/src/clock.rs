//! The simulator's time: the machine's, moved ahead by whoever simulates days. Every time in an answer, an event or a
//! signature comes from here, so that a client sees one clock.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// A clock that can be moved ahead, never back.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    ahead_ms: AtomicI64,
}

impl Clock {
    pub(crate) const fn ahead_by(ahead_ms: i64) -> Self {
        Self { ahead_ms: AtomicI64::new(ahead_ms) }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        let now = Utc::now();
        now.checked_add_signed(TimeDelta::milliseconds(self.ahead_ms())).unwrap_or(now)
    }

    /// The time as Stripe writes it: seconds since 1970.
    pub(crate) fn seconds(&self) -> i64 {
        self.now().timestamp()
    }

    /// How far it is ahead of the machine's clock.
    pub(crate) fn ahead_ms(&self) -> i64 {
        self.ahead_ms.load(Ordering::Relaxed)
    }

    pub(crate) fn advance(&self, ms: i64) {
        self.ahead_ms.fetch_add(ms.max(0), Ordering::Relaxed);
    }

    /// Back to the machine's time.
    pub(crate) fn reset(&self) {
        self.ahead_ms.store(0, Ordering::Relaxed);
    }
}

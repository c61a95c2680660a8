//! The time that one call has, in monotonic time, shared by all its attempts.

use std::time::Duration;

use rand::random_range;
use tokio::time::Instant;

use crate::config::RetryPolicy;

/// When a call ends, and how late an attempt may still begin.
///
/// An attempt that begins with hardly any time left would end as "may have happened" although Twilio is well. So
/// none begins after half of the call's time is gone: the caller then hears that nothing was sent, which is certain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    end: Instant,
    latest_start: Instant,
}

impl Deadline {
    /// A call that begins now.
    pub(crate) fn after(timeout: Duration) -> Self {
        let now = Instant::now();
        Self { end: now + timeout, latest_start: now + timeout / 2 }
    }

    pub(crate) const fn end(self) -> Instant {
        self.end
    }

    pub(crate) const fn latest_start(self) -> Instant {
        self.latest_start
    }

    /// Whether an attempt may begin after a wait from now.
    pub(crate) fn allows_start_after(self, wait: Duration) -> bool {
        Instant::now() + wait <= self.latest_start
    }
}

impl RetryPolicy {
    /// How long to wait before repeat `repeat`, the first being 0: full jitter, and never less than Twilio asks.
    pub(crate) fn wait_before(self, repeat: u32, retry_after: Option<Duration>) -> Duration {
        let longest = self.base.saturating_mul(2_u32.saturating_pow(repeat)).min(self.cap);
        random_range(Duration::ZERO..=longest).max(retry_after.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_cap_and_honour_retry_after() {
        let policy =
            RetryPolicy { max_retries: 3, base: Duration::from_millis(100), cap: Duration::from_millis(250) };
        for _ in 0..200 {
            assert!(policy.wait_before(0, None) <= Duration::from_millis(100));
            assert!(policy.wait_before(1, None) <= Duration::from_millis(200));
            assert!(policy.wait_before(40, None) <= Duration::from_millis(250));
            assert!(policy.wait_before(0, Some(Duration::from_secs(7))) == Duration::from_secs(7));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_attempt_begins_in_the_second_half() {
        let deadline = Deadline::after(Duration::from_secs(10));
        assert!(deadline.allows_start_after(Duration::from_secs(5)));
        assert!(!deadline.allows_start_after(Duration::from_millis(5_001)));
        tokio::time::advance(Duration::from_secs(3)).await;
        assert!(deadline.allows_start_after(Duration::from_secs(2)));
        assert!(!deadline.allows_start_after(Duration::from_secs(3)));
    }
}

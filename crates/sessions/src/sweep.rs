//! Housekeeping: what has ended is removed, a little at a time.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::port::SweepOrder;
use crate::{SessionStoreError, Sessions};

/// How often what has ended is removed.
const INTERVAL: Duration = Duration::from_mins(10);
/// How much at once.
const BATCH: u16 = 200;
/// How long attempts stay after they were made: longer than they are counted.
const ATTEMPTS_KEPT: Duration = Duration::from_hours(1);

impl Sessions {
    /// Removes what has ended, again and again, until the token is cancelled. Several servers may do it at once. A store
    /// that fails is asked again next time: what has ended opens nothing, removed or not.
    pub async fn run(&self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(INTERVAL);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            if let Some(Err(error)) = stop.run_until_cancelled(self.sweep()).await {
                tracing::warn!(%error, "ended sessions are not removed");
            }
        }
    }

    /// Removes everything that has ended by now, in small batches.
    pub async fn sweep(&self) -> Result<(), SessionStoreError> {
        let order = SweepOrder { times: self.0.settings.times, attempts: ATTEMPTS_KEPT, limit: BATCH };
        while self.0.parts.store.sweep(order).await? >= u64::from(BATCH) {}
        Ok(())
    }
}

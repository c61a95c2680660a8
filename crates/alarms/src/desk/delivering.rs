//! Having onsets and ends told: claimed under a lease, offered, and noted. A process that dies in between leaves the
//! lease, and the next one offers the same notice again under the same id.

use std::time::Duration;

use chrono::TimeDelta;
use futures::{StreamExt, stream};
use tokio_util::sync::CancellationToken;
use trunkline_domain::Change;

use super::Desk;
use crate::measure::{self, Attempt};
use crate::{AlarmStoreError, Courier, DeliveryError, NextAttempt, Notice, NoticeDelivery, NoticeSetback};

/// How many notices are claimed together.
const BATCH: u16 = 16;

/// How many of them are offered at once.
const AT_ONCE: usize = 4;

/// How long a claim stands. The slowest receiver, for a whole batch, takes two thirds of it.
const LEASE: Duration = Duration::from_mins(1);

/// The pause after a notice has failed for the first time; each further one is twice as long.
const PAUSE: Duration = Duration::from_secs(2);

/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_mins(10);

/// How often a notice is offered: with the pauses in between, for a day.
const ATTEMPTS_MAX: u32 = 150;

/// What ended longer ago than this, and was never told, is history.
const STALE: TimeDelta = TimeDelta::hours(24);

impl Desk {
    /// Delivers what is due, until told to stop. What is on its way then is waited for.
    pub(super) async fn keep_delivering(&self, stop: &CancellationToken) {
        let Some(courier) = &self.parts.courier else { return stop.cancelled().await };
        while !stop.is_cancelled() {
            let claimed = self.deliver_batch(courier.as_ref()).await.unwrap_or_else(|error| {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "it is not known which alarms have to be told; it is asked again");
                0
            });
            if claimed > 0 {
                continue;
            }
            tokio::select! {
                () = tokio::time::sleep(self.settings.notice_interval) => {}
                () = self.told.notified() => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Offers one batch, and says how many there were.
    async fn deliver_batch(&self, courier: &dyn Courier) -> Result<usize, AlarmStoreError> {
        let notices = self.parts.store.claim_notices(LEASE, BATCH).await?;
        let claimed = notices.len();
        stream::iter(notices)
            .for_each_concurrent(AT_ONCE, |notice| async move {
                if let Err(error) = self.deliver(courier, &notice).await {
                    let error = &error as &dyn std::error::Error;
                    let id = notice.delivery_id();
                    tracing::warn!(delivery.id = id, error, "what came of telling an alarm is not stored");
                }
            })
            .await;
        Ok(claimed)
    }

    async fn deliver(&self, courier: &dyn Courier, notice: &Notice) -> Result<(), AlarmStoreError> {
        if self.is_history(notice) {
            return self.set_back(notice, notice.attempts, NextAttempt::Never).await;
        }
        let Err(error) = courier.deliver(notice).await else {
            measure::offered(notice.kind, Attempt::Delivered);
            let delivery = NoticeDelivery { alarm: notice.alarm.id, kind: notice.kind };
            return self.parts.store.deliver(&Change::new(delivery)).await.map(drop);
        };
        let attempts = notice.attempts.saturating_add(1);
        let next =
            if attempts < ATTEMPTS_MAX { NextAttempt::In(pause(attempts)) } else { NextAttempt::Never };
        say_failed(notice, attempts, &error);
        self.set_back(notice, attempts, next).await
    }

    async fn set_back(
        &self,
        notice: &Notice,
        attempts: u32,
        next: NextAttempt,
    ) -> Result<(), AlarmStoreError> {
        match next {
            NextAttempt::In(_) => measure::offered(notice.kind, Attempt::Failed),
            NextAttempt::Never => {
                measure::offered(notice.kind, Attempt::GivenUp);
                let (id, alarm) = (notice.delivery_id(), notice.alarm.alarm.as_str());
                tracing::warn!(
                    delivery.id = id,
                    alarm.name = alarm,
                    attempts,
                    "an alarm is not told any more"
                );
            }
        }
        let (alarm, kind, lease) = (notice.alarm.id, notice.kind, notice.lease);
        let setback = NoticeSetback { alarm, kind, lease, attempts, next };
        self.parts.store.set_back(&Change::new(setback)).await.map(drop)
    }

    /// Whether a notice waited for a courier until nobody wants to hear it.
    fn is_history(&self, notice: &Notice) -> bool {
        let ended_at = notice.alarm.end.map(|end| end.at);
        notice.attempts == 0 && ended_at.is_some_and(|ended_at| self.parts.clock.now() - ended_at > STALE)
    }
}

fn say_failed(notice: &Notice, attempts: u32, error: &DeliveryError) {
    let error = error as &dyn std::error::Error;
    let (id, alarm) = (notice.delivery_id(), notice.alarm.alarm.as_str());
    tracing::warn!(delivery.id = id, alarm.name = alarm, attempts, error, "an alarm could not be told");
}

fn pause(attempts: u32) -> Duration {
    PAUSE.saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1))).min(PAUSE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_offered_for_a_day_and_later_each_time() {
        let pauses: Vec<u64> = (1..12).map(|attempts| pause(attempts).as_secs()).collect();
        assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]);
        let whole: Duration = (1..ATTEMPTS_MAX).map(pause).sum();
        assert!((23..25).contains(&(whole.as_secs() / 3600)), "{whole:?}");
    }

    #[test]
    fn a_batch_is_done_before_its_lease_runs_out() {
        let rounds = u32::from(BATCH).div_ceil(u32::try_from(AT_ONCE).unwrap());
        assert!(Duration::from_secs(10) * rounds < LEASE);
    }
}

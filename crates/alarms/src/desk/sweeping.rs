//! Ending alarms whose cause is gone, and counting those that are open.

use tokio_util::sync::CancellationToken;
use trunkline_domain::Change;

use super::Desk;
use crate::{
    AlarmEnding, AlarmFilter, AlarmRecord, AlarmStoreError, AlarmsShown, CauseVerdict, EndReason, measure,
};

/// How many causes one sweep looks at; the next one goes on where it stopped.
const PAGE: u16 = 100;

impl Desk {
    /// Sweeps at once and after every interval, and counts whenever something was stored, until told to stop. What is
    /// begun is finished: no change is left half asked for.
    pub(super) async fn keep_sweeping(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.sweep(stop).await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "open alarms could not be gone through; it is tried again");
            }
            let next = tokio::time::sleep(self.settings.sweep_interval);
            tokio::pin!(next);
            loop {
                self.count().await;
                tokio::select! {
                    () = &mut next => break,
                    () = self.counted.notified() => {}
                    () = stop.cancelled() => return,
                }
            }
        }
    }

    /// Looks at the causes of a page of open alarms.
    async fn sweep(&self, stop: &CancellationToken) -> Result<(), AlarmStoreError> {
        let mut swept = self.swept.lock().await;
        let filter = AlarmFilter { shown: AlarmsShown::Open, after: *swept, limit: PAGE };
        let open = self.parts.store.alarms(&filter).await?;
        for record in &open {
            if stop.is_cancelled() {
                return Ok(());
            }
            self.consider(record).await?;
        }
        let is_last = open.len() < usize::from(PAGE);
        *swept = open.last().filter(|_| !is_last).map(|record| record.id);
        Ok(())
    }

    async fn consider(&self, record: &AlarmRecord) -> Result<(), AlarmStoreError> {
        match self.parts.causes.stands(record).await {
            Ok(CauseVerdict::Gone) => {
                let ending = AlarmEnding {
                    alarm: record.alarm,
                    subject: record.subject.clone(),
                    reason: EndReason::CauseGone,
                    at: self.parts.clock.now(),
                    as_seen: Some((record.id, record.times)),
                };
                self.end(&Change::new(ending)).await.map(drop)
            }
            Ok(CauseVerdict::Stands | CauseVerdict::NotKnown) => Ok(()),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                let (alarm, subject) = (record.alarm.as_str(), &record.subject);
                tracing::debug!(
                    alarm.name = alarm,
                    subject,
                    error,
                    "the cause of an alarm cannot be looked at"
                );
                Ok(())
            }
        }
    }

    async fn count(&self) {
        match self.parts.store.open_alarms().await {
            Ok(open) => measure::active(&open),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "open alarms could not be counted; the gauge stays as it was");
            }
        }
    }
}

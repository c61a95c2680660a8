//! From the queue into the store. What is not certainly stored is offered again, unchanged, so that nothing of it is
//! counted twice; what stands in the queue behind it waits, in order.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use trunkline_domain::Change;

use super::Desk;
use crate::{Alarm, AlarmEnding, AlarmRaising, AlarmStoreError, RaiseAnswer, measure};

/// The pause after the store did not answer for the first time; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(50);

/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// How long a process that ends goes on trying to store what waits.
const DRAIN: Duration = Duration::from_secs(5);

/// Something to be stored.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    Raise(Change<AlarmRaising>),
    End(Change<AlarmEnding>),
}

impl Entry {
    /// Which alarm, and about what.
    pub(super) fn about(self) -> (Alarm, String) {
        match self {
            Self::Raise(change) => (change.body.onset.alarm, change.body.onset.subject),
            Self::End(change) => (change.body.alarm, change.body.subject),
        }
    }
}

/// The queue's end, and what was taken out of it and is not stored yet.
pub(super) struct Inbox {
    queue: mpsc::Receiver<Entry>,
    pending: Option<Entry>,
}

impl Inbox {
    pub(super) const fn new(queue: mpsc::Receiver<Entry>) -> Self {
        Self { queue, pending: None }
    }

    /// The next entry, once there is one; it stays pending until it is stored. `None` when no more will come.
    async fn next(&mut self) -> Option<&Entry> {
        if self.pending.is_none() {
            self.pending = self.queue.recv().await;
        }
        self.pending.as_ref()
    }

    /// The next entry, if there is one now.
    fn next_now(&mut self) -> Option<&Entry> {
        if self.pending.is_none() {
            self.pending = self.queue.try_recv().ok();
        }
        self.pending.as_ref()
    }

    /// Throws away what waits, and says how much it was.
    fn clear(&mut self) -> u64 {
        let mut thrown = 0;
        while self.next_now().is_some() {
            self.pending = None;
            thrown += 1;
        }
        thrown
    }
}

impl Desk {
    /// Stores whatever comes, until told to stop; then what is left.
    pub(super) async fn keep_recording(&self, stop: &CancellationToken) {
        let mut inbox = self.inbox.lock().await;
        let mut failures = 0_u32;
        while let Some(Some(entry)) = stop.run_until_cancelled(inbox.next()).await {
            if self.store(entry).await {
                inbox.pending = None;
                failures = 0;
            } else {
                failures = failures.saturating_add(1);
                stop.run_until_cancelled(tokio::time::sleep(pause(failures))).await;
            }
        }
        drop(inbox);
        self.drain().await;
    }

    /// Stores what waits, within a few seconds.
    pub(super) async fn drain(&self) {
        let mut inbox = self.inbox.lock().await;
        let until = Instant::now() + DRAIN;
        let mut failures = 0_u32;
        while let Some(entry) = inbox.next_now() {
            if self.store(entry).await {
                inbox.pending = None;
                failures = 0;
                continue;
            }
            failures = failures.saturating_add(1);
            if Instant::now() + pause(failures) > until {
                let lost = inbox.clear();
                measure::dropped(lost);
                tracing::error!(lost, "alarms could not be stored before the end: they are in the log alone");
                return;
            }
            tokio::time::sleep(pause(failures)).await;
        }
    }

    /// Offers an entry to the store once. False where it has to be offered again.
    async fn store(&self, entry: &Entry) -> bool {
        let outcome = match entry {
            Entry::Raise(change) => self.store_onset(change).await,
            Entry::End(change) => self.end(change).await.map(drop),
        };
        let Err(error) = outcome else { return true };
        let failure = &error as &dyn std::error::Error;
        match &error {
            AlarmStoreError::Unavailable(_) | AlarmStoreError::OutcomeUnknown(_) => {
                tracing::warn!(error = failure, "an alarm is not stored yet; it is in the log");
                false
            }
            AlarmStoreError::Broken(_) => {
                measure::dropped(1);
                tracing::error!(error = failure, "an alarm cannot be stored; it is in the log alone");
                true
            }
        }
    }

    async fn store_onset(&self, change: &Change<AlarmRaising>) -> Result<(), AlarmStoreError> {
        match self.parts.store.raise(change).await? {
            RaiseAnswer::Begun => {
                self.told.notify_one();
                self.counted.notify_one();
            }
            RaiseAnswer::GoesOn => {}
        }
        Ok(())
    }

    /// Ends an alarm, and says so in the log where this is what ended it.
    pub(super) async fn end(&self, change: &Change<AlarmEnding>) -> Result<bool, AlarmStoreError> {
        let ended = self.parts.store.end(change).await?;
        if ended {
            let AlarmEnding { alarm, subject, reason, .. } = &change.body;
            tracing::info!(ended = alarm.as_str(), subject, reason = reason.as_str(), "an alarm has ended");
            self.told.notify_one();
            self.counted.notify_one();
        }
        Ok(ended)
    }
}

fn pause(failures: u32) -> Duration {
    PAUSE.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1))).min(PAUSE_MAX)
}

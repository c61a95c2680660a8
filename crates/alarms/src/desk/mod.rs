//! The desk: a board that remembers what is raised, and sees it to its end.
//!
//! - `recording` takes what was raised out of a queue and stores it.
//! - `sweeping` ends alarms whose cause is gone, and counts those that are open.
//! - `delivering` has onsets and ends told.
//! - `operator` is what an operator asks of it.
//!
//! *Invariants*: nobody who raises an alarm waits; the line in the log stands whatever becomes of the store; an error
//! ends no alarm. Every replica runs a desk, and all of them do the same work: the store says who does what.

mod delivering;
mod operator;
mod recording;
mod sweeping;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Notify, mpsc};
use tokio_util::sync::CancellationToken;
use trunkline_domain::{Change, Clock, IdSource};
use uuid::Uuid;

use self::recording::{Entry, Inbox};
use crate::board::write;
use crate::{
    Alarm, AlarmBoard, AlarmEnding, AlarmRaising, AlarmStore, Causes, Courier, EndReason, Onset, measure,
};

pub use self::operator::{EndAlarmCommand, EndAlarmError};

/// What a desk works with.
pub struct DeskParts {
    /// Where alarms are remembered.
    pub store: Arc<dyn AlarmStore>,
    /// Who knows what alarms were raised about.
    pub causes: Arc<dyn Causes>,
    /// Who carries notices; without one they wait, for a process that has one.
    pub courier: Option<Arc<dyn Courier>>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Fresh ids.
    pub ids: Arc<dyn IdSource>,
}

/// How a desk works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeskSettings {
    /// How many alarms and ends may wait to be stored.
    pub queue_length: usize,
    /// How often causes are looked at and open alarms counted.
    pub sweep_interval: Duration,
    /// How often it is asked whether a notice is due that another process stored, or that failed before.
    pub notice_interval: Duration,
}

impl Default for DeskSettings {
    fn default() -> Self {
        Self {
            queue_length: 256,
            sweep_interval: Duration::from_secs(10),
            notice_interval: Duration::from_secs(1),
        }
    }
}

/// An [`AlarmBoard`] that remembers. Clones are the same desk.
#[derive(Clone)]
pub struct AlarmDesk(Arc<Desk>);

struct Desk {
    parts: DeskParts,
    settings: DeskSettings,
    queue: mpsc::Sender<Entry>,
    /// Whoever stores holds it: at most one does.
    inbox: Mutex<Inbox>,
    /// Something was stored that has to be told.
    told: Notify,
    /// Something was stored that changes the counts.
    counted: Notify,
    /// Where the next sweep goes on.
    swept: Mutex<Option<Uuid>>,
}

impl AlarmDesk {
    /// A desk. It stores nothing before [`Self::run`] or [`Self::drain`].
    pub fn new(parts: DeskParts, settings: DeskSettings) -> Self {
        let (queue, waiting) = mpsc::channel(settings.queue_length.max(1));
        Self(Arc::new(Desk {
            parts,
            settings,
            queue,
            inbox: Mutex::new(Inbox::new(waiting)),
            told: Notify::new(),
            counted: Notify::new(),
            swept: Mutex::new(None),
        }))
    }

    /// Stores, sweeps and has told what has to be told, until told to stop; then stores what still waits.
    pub async fn run(&self, stop: CancellationToken) {
        tokio::join!(
            self.0.keep_recording(&stop),
            self.0.keep_sweeping(&stop),
            self.0.keep_delivering(&stop)
        );
    }

    /// Stores what waits, within a few seconds; what cannot be stored is in the log alone. For processes that do not
    /// [`Self::run`] a desk, and after the last saga of one that did.
    pub async fn drain(&self) {
        self.0.drain().await;
    }
}

impl AlarmBoard for AlarmDesk {
    fn raise(&self, onset: Onset) {
        write(&onset);
        let (id, at) = (self.0.parts.ids.next(), self.0.parts.clock.now());
        self.0.take(Entry::Raise(Change::new(AlarmRaising { id, onset, at })));
    }

    fn end(&self, alarm: Alarm, subject: &str) {
        let (subject, at) = (subject.to_owned(), self.0.parts.clock.now());
        let ending = AlarmEnding { alarm, subject, reason: EndReason::Told, at, as_seen: None };
        self.0.take(Entry::End(Change::new(ending)));
    }
}

impl Desk {
    fn take(&self, entry: Entry) {
        if let Err(refused) = self.queue.try_send(entry) {
            measure::dropped(1);
            let (alarm, subject) = refused.into_inner().about();
            tracing::warn!(
                alarm.name = alarm.as_str(),
                subject,
                "too many alarms wait to be stored: this one is in the log alone"
            );
        }
    }
}

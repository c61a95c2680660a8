//! The port to where alarms are remembered. All replicas of a database share one, so an onset that two of them raise is
//! one.

use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::Change;
use uuid::Uuid;

use crate::{Alarm, AlarmRecord, EndReason, Notice, NoticeKind, NoticeLease, Onset};

/// How many alarms that have ended are remembered, beside all that are open.
pub const ENDED_ALARMS_KEPT: u16 = 1_000;

/// Remembers alarms and what is to be told of them. Every method is safe to repeat with the same change. Leases and
/// attempts go by the store's clock.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AlarmStore: Send + Sync {
    /// Stores that an alarm is raised. Where it is open already it goes on, and `times` and `last_raised_at` grow, with
    /// the newest sentence and details; otherwise it begins, and its onset has to be told.
    async fn raise(&self, change: &Change<AlarmRaising>) -> Result<RaiseAnswer, AlarmStoreError>;

    /// Ends an open alarm; its end has to be told. False where it is not open, or was raised again since `as_seen`. Of
    /// the alarms that have ended the latest [`ENDED_ALARMS_KEPT`] stay.
    async fn end(&self, change: &Change<AlarmEnding>) -> Result<bool, AlarmStoreError>;

    /// Alarms, those that began last first.
    async fn alarms(&self, filter: &AlarmFilter) -> Result<Vec<AlarmRecord>, AlarmStoreError>;

    /// How many of each alarm are open; those of which none is are left out.
    async fn open_alarms(&self) -> Result<Vec<(Alarm, u64)>, AlarmStoreError>;

    /// Takes up to `limit` notices that are due, the oldest first, for as long as `lease`. One about an alarm and
    /// subject waits until every earlier one about them is delivered or given up.
    async fn claim_notices(&self, lease: Duration, limit: u16) -> Result<Vec<Notice>, AlarmStoreError>;

    /// A notice is delivered. Needs no lease: that it arrived is true whoever delivered it. False where it was done.
    async fn deliver(&self, change: &Change<NoticeDelivery>) -> Result<bool, AlarmStoreError>;

    /// A notice was not delivered: leaves it until later or gives it up. False when the lease is lost.
    async fn set_back(&self, change: &Change<NoticeSetback>) -> Result<bool, AlarmStoreError>;
}

/// An alarm is raised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmRaising {
    /// A fresh id: that of the alarm where it begins with this, and the mark by which a repeat is known.
    pub id: Uuid,
    /// What is raised.
    pub onset: Onset,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of raising an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RaiseAnswer {
    /// It begins.
    Begun,
    /// It is open already.
    GoesOn,
}

/// Ends an alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmEnding {
    /// Which.
    pub alarm: Alarm,
    /// About what.
    pub subject: String,
    /// How it comes to its end.
    pub reason: EndReason,
    /// When.
    pub at: DateTime<Utc>,
    /// The onset's id and how often it had been raised when its end was decided on; `None` to end it whatever happened.
    pub as_seen: Option<(Uuid, u32)>,
}

/// Which alarms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlarmFilter {
    /// In which state.
    pub shown: AlarmsShown,
    /// From the one after this.
    pub after: Option<Uuid>,
    /// At most so many.
    pub limit: u16,
}

/// In which state alarms are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmsShown {
    /// Open ones.
    Open,
    /// Those that have ended, too, as far as they are remembered.
    All,
}

/// A notice is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoticeDelivery {
    /// About which alarm.
    pub alarm: Uuid,
    /// What it said.
    pub kind: NoticeKind,
}

/// A notice is not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoticeSetback {
    /// About which alarm.
    pub alarm: Uuid,
    /// What it would have said.
    pub kind: NoticeKind,
    /// The worker's lease, given up by this.
    pub lease: NoticeLease,
    /// How often it has failed by now.
    pub attempts: u32,
    /// What follows.
    pub next: NextAttempt,
}

/// What follows an attempt that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextAttempt {
    /// Another one, so long from now by the store's clock.
    In(Duration),
    /// None: it is given up.
    Never,
}

/// A store's failure. What a caller can act on is an answer instead.
#[derive(Debug, thiserror::Error)]
pub enum AlarmStoreError {
    /// Certainly nothing was changed.
    #[error("the database is not available")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// The change may or may not be stored; repeating it unchanged is safe.
    #[error("the database did not say whether the change is stored")]
    OutcomeUnknown(#[source] Box<dyn Error + Send + Sync>),
    /// The store holds something that its own rules forbid. An operator's matter.
    #[error("the database is broken: {0}")]
    Broken(String),
}

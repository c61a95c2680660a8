//! An alarm as it is remembered, and the notices of its onset and its end.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::Alarm;

/// An alarm from its onset on. At most one about a subject is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AlarmRecord {
    /// This onset's own id.
    pub id: Uuid,
    /// Which.
    pub alarm: Alarm,
    /// The id of what it is about.
    pub subject: String,
    /// What happened, as it was last said.
    pub sentence: String,
    /// Ids and figures, as they were last said.
    pub details: Map<String, Value>,
    /// When it began.
    pub raised_at: DateTime<Utc>,
    /// When it was last raised.
    pub last_raised_at: DateTime<Utc>,
    /// How often it was raised since it began.
    pub times: u32,
    /// Its end; `None` while it is open.
    pub end: Option<AlarmEnd>,
}

/// The end of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AlarmEnd {
    /// When.
    pub at: DateTime<Utc>,
    /// How it came.
    pub reason: EndReason,
}

/// How an alarm comes to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Whoever raises it says that all is well again.
    Told,
    /// What it was raised about was looked at, and is gone.
    CauseGone,
    /// An operator says so; the audit trail has who and why.
    Operator,
}

impl EndReason {
    /// All reasons.
    pub const ALL: [Self; 3] = [Self::Told, Self::CauseGone, Self::Operator];

    /// The name in SQL, logs and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::CauseGone => "cause_gone",
            Self::Operator => "operator",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

/// One message about an alarm that somebody has to be told, claimed by a worker. An alarm has at most two: the one about
/// its end is claimed only when the one about its onset is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it says.
    pub kind: NoticeKind,
    /// About which alarm, as it stands now.
    pub alarm: AlarmRecord,
    /// How often its delivery has failed.
    pub attempts: u32,
    /// The worker's right to deliver it.
    pub lease: NoticeLease,
}

impl Notice {
    /// The same for every repeat of this delivery, and for no other.
    pub fn delivery_id(&self) -> String {
        format!("{}-{}", self.alarm.id, self.kind.as_str())
    }
}

/// What a notice says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// An alarm has begun.
    Raised,
    /// It has ended.
    Ended,
}

impl NoticeKind {
    /// Both kinds, in their order.
    pub const ALL: [Self; 2] = [Self::Raised, Self::Ended];

    /// The name in SQL and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Ended => "ended",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// The right to deliver a notice: a token that grows by one with every worker who takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoticeLease(i64);

impl NoticeLease {
    /// A token as it was stored.
    pub const fn from_i64(token: i64) -> Self {
        Self(token)
    }

    /// The token for storing.
    pub const fn as_i64(self) -> i64 {
        self.0
    }
}

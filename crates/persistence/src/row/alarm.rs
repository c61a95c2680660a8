//! Alarms and their notices as they are stored.

use sqlx::FromRow;
use trunkline_alarms::{
    Alarm, AlarmEnd, AlarmRecord, EndReason, NextAttempt, Notice, NoticeKind, NoticeLease,
};

use crate::cell::{Document, Id, Moment};
use crate::codec::{count, from_json, named};
use crate::error::Fault;

/// An alarm.
#[derive(Debug, FromRow)]
pub(crate) struct AlarmRow {
    id: Id,
    alarm: String,
    subject: String,
    sentence: String,
    details: Document,
    raised_at: Moment,
    last_raised_at: Moment,
    times: i64,
    ended_at: Option<Moment>,
    end_reason: Option<String>,
}

impl AlarmRow {
    pub(crate) fn record(&self) -> Result<AlarmRecord, Fault> {
        let reason = self.end_reason.as_deref();
        let reason = reason.map(|name| named("alarm.end_reason", name, EndReason::from_name)).transpose()?;
        let end = self.ended_at.zip(reason).map(|(at, reason)| AlarmEnd { at: at.time(), reason });
        Ok(AlarmRecord {
            id: self.id.0,
            alarm: named("alarm.alarm", &self.alarm, Alarm::from_name)?,
            subject: self.subject.clone(),
            sentence: self.sentence.clone(),
            details: from_json("alarm.details", &self.details.0)?,
            raised_at: self.raised_at.time(),
            last_raised_at: self.last_raised_at.time(),
            times: count("alarm.times", self.times)?,
            end,
        })
    }

    /// The alarms, but for those that say what this binary cannot read: a newer one's, perhaps, that was rolled back.
    /// They must not hide all the others.
    pub(crate) fn records(rows: &[Self]) -> Vec<AlarmRecord> {
        let readable = |row: &Self| match row.record() {
            Ok(record) => Some(record),
            Err(fault) => {
                tracing::warn!(alarm.id = %row.id.0, ?fault, "an alarm cannot be read, and is left out");
                None
            }
        };
        rows.iter().filter_map(readable).collect()
    }
}

/// A notice that was claimed, with its alarm.
#[derive(Debug, FromRow)]
pub(crate) struct NoticeRow {
    kind: String,
    lease: i64,
    attempts: i64,
    #[sqlx(flatten)]
    pub(crate) about: AlarmRow,
}

impl NoticeRow {
    /// The alarm's id, for a fault.
    pub(crate) fn name(&self) -> String {
        self.about.id.0.to_string()
    }

    pub(crate) fn notice(&self) -> Result<Notice, Fault> {
        Ok(Notice {
            kind: named("alarm_notice.kind", &self.kind, NoticeKind::from_name)?,
            alarm: self.about.record()?,
            attempts: count("alarm_notice.attempts", self.attempts)?,
            lease: NoticeLease::from_i64(self.lease),
        })
    }
}

/// How many of an alarm are open.
#[derive(Debug, FromRow)]
pub(crate) struct OpenAlarmsRow {
    alarm: String,
    count: i64,
}

impl OpenAlarmsRow {
    /// The counts of those alarms that this binary knows.
    pub(crate) fn counts(rows: &[Self]) -> Vec<(Alarm, u64)> {
        let known = |row: &Self| Alarm::from_name(&row.alarm).map(|alarm| (alarm, row.count.unsigned_abs()));
        rows.iter().filter_map(known).collect()
    }
}

/// How long until the next attempt; `None` for no more.
pub(crate) const fn pause_of(next: NextAttempt) -> Option<std::time::Duration> {
    match next {
        NextAttempt::In(pause) => Some(pause),
        NextAttempt::Never => None,
    }
}

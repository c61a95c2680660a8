//! Where alarms are raised. Whoever raises one waits for nobody: a saga that has found something wrong goes on.

use crate::measure;
use crate::{Alarm, Onset};

/// Takes alarms. Neither method waits or fails.
pub trait AlarmBoard: Send + Sync {
    /// An alarm is raised. Raised again about the same subject it says nothing new.
    fn raise(&self, onset: Onset);

    /// What an alarm was raised about is well again. Nothing happens where it was not raised.
    fn end(&self, alarm: Alarm, subject: &str);
}

/// Writes alarms into the log and counts them, and remembers none: for commands, tests, and services that have alarms
/// of their own.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoggedAlarms;

impl AlarmBoard for LoggedAlarms {
    fn raise(&self, onset: Onset) {
        write(&onset);
    }

    fn end(&self, alarm: Alarm, subject: &str) {
        tracing::debug!(ended = alarm.as_str(), subject, "nothing is wrong here any more");
    }
}

/// The line in the log, and the count.
pub(crate) fn write(onset: &Onset) {
    measure::raised(onset.alarm);
    let details = serde_json::Value::Object(onset.details.clone());
    tracing::error!(alarm = onset.alarm.as_str(), subject = onset.subject, %details, "{}", onset.sentence);
}

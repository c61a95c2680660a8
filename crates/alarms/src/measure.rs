//! What is measured of alarms. The crate speaks to whatever recorder its host installs.

use metrics::{counter, describe_counter, describe_gauge, gauge};

use crate::{Alarm, NoticeKind};

const ALARMS: &str = "trunkline_alarms_total";
const ACTIVE: &str = "trunkline_alarm_active";
const DROPPED: &str = "trunkline_alarms_dropped_total";
const NOTICES: &str = "trunkline_alarm_notices_total";

/// What became of an attempt to deliver a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attempt {
    Delivered,
    Failed,
    GivenUp,
}

impl Attempt {
    const ALL: [Self; 3] = [Self::Delivered, Self::Failed, Self::GivenUp];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::GivenUp => "given_up",
        }
    }
}

/// Tells the installed recorder what this crate's metrics mean. Every count starts at zero, so that the first one is a
/// rise.
pub fn describe_metrics() {
    for alarm in Alarm::ALL {
        counter!(ALARMS, "alarm" => alarm.as_str()).increment(0);
    }
    for attempt in Attempt::ALL {
        for kind in NoticeKind::ALL {
            counter!(NOTICES, "state" => kind.as_str(), "outcome" => attempt.as_str()).increment(0);
        }
    }
    counter!(DROPPED).increment(0);
    describe_counter!(ALARMS, "Alarms raised by this process, by alarm; each has a line in the log.");
    describe_gauge!(ACTIVE, "Alarms that are open in the database, by alarm.");
    describe_counter!(DROPPED, "Alarms that are in the log of this process and could not be stored.");
    describe_counter!(NOTICES, "Attempts to tell of an alarm's onset or end, by what came of them.");
}

/// An alarm was raised.
pub(crate) fn raised(alarm: Alarm) {
    counter!(ALARMS, "alarm" => alarm.as_str()).increment(1);
}

/// How many of each alarm are open; none of those that are not named.
#[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and nobody has so many alarms")]
pub(crate) fn active(open: &[(Alarm, u64)]) {
    for alarm in Alarm::ALL {
        let count = open.iter().find(|(named, _)| *named == alarm).map_or(0, |(_, count)| *count);
        gauge!(ACTIVE, "alarm" => alarm.as_str()).set(count as f64);
    }
}

/// So many alarms, or ends of alarms, were not stored.
pub(crate) fn dropped(count: u64) {
    counter!(DROPPED).increment(count);
}

/// A notice was offered to its receiver.
pub(crate) fn offered(kind: NoticeKind, attempt: Attempt) {
    counter!(NOTICES, "state" => kind.as_str(), "outcome" => attempt.as_str()).increment(1);
}

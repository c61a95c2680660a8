//! What is measured of alarms. The crate speaks to whatever recorder its host installs.

use metrics::{counter, describe_counter};

use crate::Alarm;

const ALARMS: &str = "trunkline_alarms_total";

/// Tells the installed recorder what this crate's metrics mean. Every alarm starts at zero, so that the first one is a
/// rise.
pub fn describe_metrics() {
    for alarm in Alarm::ALL {
        counter!(ALARMS, "alarm" => alarm.as_str()).increment(0);
    }
    describe_counter!(ALARMS, "Alarms raised by this process, by alarm; each has a line in the log.");
}

/// An alarm was raised.
pub(crate) fn raised(alarm: Alarm) {
    counter!(ALARMS, "alarm" => alarm.as_str()).increment(1);
}

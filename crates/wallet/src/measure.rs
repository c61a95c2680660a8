//! What the ledger's audit measures. The crate speaks to whatever recorder its host installs.

use std::time::Duration;

use chrono::{DateTime, Utc};
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use crate::LedgerReport;

const BALANCED: &str = "trunkline_ledger_balanced";
const FAULTS: &str = "trunkline_ledger_faults";
const TRANSFERS: &str = "trunkline_ledger_transfers";
const CHECKED: &str = "trunkline_ledger_checked_timestamp_seconds";
const DURATION: &str = "trunkline_ledger_check_duration_seconds";
const FAILURES: &str = "trunkline_ledger_check_failures_total";

/// Tells the installed recorder what this crate's metrics mean. Failures start at zero, so that the first one is a
/// rise; there is no verdict before the first audit.
pub fn describe_metrics() {
    counter!(FAILURES).increment(0);
    describe_gauge!(BALANCED, "1 if the last audit found the ledger whole, 0 if it found faults.");
    describe_gauge!(FAULTS, "Faults that the last audit of the ledger found.");
    describe_gauge!(TRANSFERS, "Transfers that the last audit of the ledger read.");
    describe_gauge!(CHECKED, Unit::Seconds, "When the ledger was last audited to its end, as Unix time.");
    describe_histogram!(DURATION, Unit::Seconds, "How long an audit of the ledger takes.");
    describe_counter!(FAILURES, "Audits of the ledger that could not be made.");
}

/// An audit was made to its end.
pub(crate) fn audited(report: &LedgerReport, at: DateTime<Utc>, took: Duration) {
    gauge!(BALANCED).set(u8::from(report.is_balanced()));
    gauge!(FAULTS).set(approximately(report.fault_count));
    gauge!(TRANSFERS).set(approximately(report.transfers));
    gauge!(CHECKED).set(Duration::from_millis(at.timestamp_millis().try_into().unwrap_or(0)));
    histogram!(DURATION).record(took);
}

/// An audit could not be made.
pub(crate) fn not_audited() {
    counter!(FAILURES).increment(1);
}

/// A count as a gauge takes it: four thousand million is many enough.
fn approximately(count: u64) -> u32 {
    count.try_into().unwrap_or(u32::MAX)
}

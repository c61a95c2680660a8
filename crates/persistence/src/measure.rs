//! What the stores measure of themselves. The crate speaks to whatever recorder its host installs.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};

const BATCH: &str = "trunkline_writer_batch_changes";
const COMMIT: &str = "trunkline_writer_commit_duration_seconds";
const SETBACKS: &str = "trunkline_writer_setbacks_total";

/// Everything that can happen to a batch that is not committed.
const SETBACK_KINDS: [&str; 4] = ["not_begun", "discarded", "refused", "unknown"];

/// Tells the installed recorder what this crate's metrics mean. Setbacks start at zero, so that the first one is a rise.
pub fn describe_metrics() {
    describe_histogram!(BATCH, "Changes that one commit of SQLite's writer stored together.");
    describe_histogram!(COMMIT, Unit::Seconds, "How long the writer took for a batch, its commit included.");
    describe_counter!(SETBACKS, "Batches that the writer did not commit, by what happened to them.");
    for what in SETBACK_KINDS {
        counter!(SETBACKS, "what" => what).increment(0);
    }
}

/// A batch is stored.
pub(crate) fn committed(changes: usize, took: Duration) {
    histogram!(BATCH).record(u32::try_from(changes).unwrap_or(u32::MAX));
    histogram!(COMMIT).record(took);
}

/// A batch is not stored: it was `not_begun`, is `discarded` to be run again one by one, was `refused` by the engine
/// alone, or its commit's outcome is `unknown`.
pub(crate) fn not_committed(what: &'static str) {
    counter!(SETBACKS, "what" => what).increment(1);
}

//! How often, and how far apart, a statement is repeated that met another one.

use std::time::Duration;

use rand::RngExt;

/// How often a statement is tried. More would only add to the crowd that it met.
pub(super) const TRIES_MAX: u32 = 5;

/// The longest pause after the first try; it doubles with each.
const PAUSE: Duration = Duration::from_millis(5);

/// Waits a random part of the pause after a try, counted from 1. Random, so that two that met each other once do not
/// meet again in step.
pub(super) async fn pause(tries: u32) {
    let longest = PAUSE * 2_u32.saturating_pow(tries.saturating_sub(1));
    let micros = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX);
    let micros = rand::rng().random_range(0..=micros);
    tokio::time::sleep(Duration::from_micros(micros)).await;
}

//! Provisioning on mocks of all its ports, with a manual clock, predictable ids and paused time.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the shared parts of tests, which no `#[test]` marks"
)]

mod addresses;
mod asked;
mod causes;
mod desk;
mod fixture;
mod idempotency;
mod lifecycle;
mod lingering;
mod numbers;
mod observing;
mod operator;
mod orphan;
mod purchase;
mod purchase_answers;
mod reconcile;
mod recovery;
mod release;
mod runway;
mod schedule;
mod search;
mod stage;
mod steps;
mod unknown;

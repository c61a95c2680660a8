//! End to end: the real binary, the simulated Twilio over real HTTP, a database of its own for each test.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helpers of a test cannot do ends the test"
)]

mod access;
mod accounts;
mod alarms;
mod approvals;
mod audit;
mod backup;
mod browser;
mod callers;
mod cli;
mod concurrency;
mod doctor;
mod dropped;
mod engine;
mod failures;
mod hanging_up;
mod importing;
mod journey;
mod lifecycle;
mod limits;
mod members;
mod notices;
mod number;
mod operations;
mod payments;
mod process;
mod reconcile;
mod replicas;
mod repointing;
mod sales;
mod sandbox_time;
mod secrets;
mod session_attacks;
mod skewed;
mod stage;
mod tls_front;
mod under_load;
mod unheard;
mod world;

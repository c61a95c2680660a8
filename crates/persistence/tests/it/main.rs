//! The contract suites on both engines, and what each engine promises beyond them.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests fail by panicking, and say what they counted or could not do"
)]

mod alarms;
mod approving;
mod auditing;
mod backup;
mod cancelled;
mod engine;
mod envelope;
mod fixture;
mod importing;
mod matrix;
mod notices;
mod opening;
mod operations;
mod postgres;
mod processes;
mod provisioning_contract;
mod reconciling;
mod restoring;
mod saga;
mod schema;
mod signing_in;
mod statements;
mod tenancy;
mod topping_up;
mod views;
mod voice;
mod wallet_contract;
mod workload;
mod writing;

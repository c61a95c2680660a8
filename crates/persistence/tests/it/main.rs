//! The contract suites on both engines, and what each engine promises beyond them.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod auditing;
mod engine;
mod envelope;
mod fixture;
mod matrix;
mod opening;
mod operations;
mod postgres;
mod provisioning_contract;
mod saga;
mod schema;
mod tenancy;
mod voice;
mod wallet_contract;
mod writing;

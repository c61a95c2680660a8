//! The adapter against a server.
#![expect(clippy::unwrap_used, reason = "the shared parts of tests, which no `#[test]` marks")]

mod alarms;
mod service;
mod stripe;
mod topping_up;

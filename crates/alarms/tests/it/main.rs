//! The desk on mocks of its ports, and the courier before a receiver.

#![expect(clippy::unwrap_used, reason = "what helpers of a test cannot do ends the test")]

mod desk;
mod runbook;
mod webhook;

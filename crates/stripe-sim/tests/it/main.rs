//! The simulator as its clients see it: every test starts its own on a free port and speaks HTTP to it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it fails")]

mod admin_endpoint;
mod bench;
mod checkout;
mod disputes;
mod endpoint;
mod errors;
mod faults;
mod idempotency;
mod lists;
mod off_session;
mod page;
mod refunds;
mod state_file;
mod webhooks;

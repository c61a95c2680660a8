//! The adapter against a server: wiremock where the answer matters, bare TCP where the connection does.
#![expect(clippy::unwrap_used, reason = "the shared parts of tests, which no `#[test]` marks")]

mod buying;
mod configuring;
mod connections;
mod limits;
mod listing;
mod looking;
mod releasing;
mod searching;
mod support;

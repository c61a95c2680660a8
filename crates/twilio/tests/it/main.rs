//! The adapter against a server: wiremock where the answer matters, bare TCP where the connection does.
#![expect(clippy::unwrap_used, reason = "the shared parts of tests, which no `#[test]` marks")]

mod account;
mod breaking;
mod buying;
mod configuring;
mod connections;
mod credentials;
mod limits;
mod listing;
mod locating;
mod looking;
mod pricing;
mod regulating;
mod releasing;
mod searching;
mod support;

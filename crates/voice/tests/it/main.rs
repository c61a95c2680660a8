//! The service on a mock of its port.
#![expect(clippy::unwrap_used, reason = "the shared parts of tests, which no `#[test]` marks")]

mod answering;

//! The wallet's services over mocked stores.

#![expect(clippy::unwrap_used, reason = "the shared parts of tests, which no `#[test]` marks")]

mod adjusting;
mod approving;
mod auditing;
mod crediting;
mod reading;
mod stating;
mod world;

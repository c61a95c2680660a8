//! The wallet service over a mocked store.

#![expect(clippy::unwrap_used, reason = "the shared parts of tests, which no `#[test]` marks")]

mod crediting;
mod reading;
mod world;

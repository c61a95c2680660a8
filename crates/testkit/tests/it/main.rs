//! The throw-away servers themselves: they come, crash, come back, and leave nothing behind.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

mod clusters;
mod databases;
mod proxies;

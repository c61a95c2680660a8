//! The pages, asked as a browser asks them, over the real services, a SQLite file and the simulated Twilio: what a page says,
//! and what the store and the simulator hold after it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod numbers;
mod page;
mod world;

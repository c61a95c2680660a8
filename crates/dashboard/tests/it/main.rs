//! Pages as a browser gets them, over the real API on a real store, and what the store holds after a form was sent.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod funds;
mod settings;
mod top_up;
mod world;

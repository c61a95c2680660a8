//! The tenancy service over a mocked store.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod acting;
mod businesses;
mod keys;
mod members;
mod reaching;
mod tokens;
mod world;

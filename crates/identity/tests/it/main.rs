//! The verifier against a real HTTP server of keys, and against everything that is tried on such verifiers.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod attacks;
mod endpoint;
mod issuer;
mod providers;

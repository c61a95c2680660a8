//! The real router over the real services on mocked ports, and the listener over real sockets.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod access;
mod audit;
mod browsers;
mod businesses;
mod described;
mod edge;
mod error_codes;
mod keys;
mod load;
mod log;
mod measuring;
mod members;
mod notices;
mod numbers;
mod operator;
mod orders;
mod purchase;
mod rate;
mod readiness;
mod release;
mod sample;
mod search;
mod serve;
mod statements;
mod wallet;
mod webhooks;
mod world;

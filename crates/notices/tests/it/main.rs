//! Mail against a mail server on this machine's loopback, and the courier over mocks.

#![expect(clippy::unwrap_used, reason = "what helpers of a test cannot do ends the test")]

mod courier;
mod server;
mod service;
mod smtp;

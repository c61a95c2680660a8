//! The simulator as its clients see it: every test starts its own on a free port and speaks HTTP to it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it fails")]

mod accounts;
mod addresses;
mod admin_endpoint;
mod bench;
mod billing;
mod credentials;
mod faults;
mod inventory;
mod listing;
mod other_hosts;
mod purchase;
mod recording;
mod search;
mod settings;
mod state_file;

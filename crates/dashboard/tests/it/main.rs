//! The pages, asked as a browser asks them, over the real services, a SQLite file and the simulated Twilio or Stripe: what a page
//! says, and what the store and the simulators hold after it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod funds;
mod house;
mod numbers;
mod operator;
mod page;
mod services;
mod settings;
mod strangers;
mod top_up;
mod world;

//! Faults on purpose: the sagas of `trunkline-provisioning`, on a real store, in a world where everything goes wrong.
//!
//! The code under test is the real one, from `World::start`'s facade down to the SQL. What is simulated is everything
//! around it:
//!
//! - **time**, which is tokio's paused clock: it stands still while anybody works and jumps when everybody waits, so a
//!   day passes in a millisecond and the same seed plays the same story (`Database::play`);
//! - **the supplier**, which does what Twilio does with numbers, and nothing else (`Supplier`);
//! - **fate**: every call of a process, to the store or to the supplier, may fail before it is done, lose its answer
//!   after, take long, be repeated on the way, or be the process's last (`Fates`).
//!
//! The program draws whole schedules from seeds (`play`, `search`), and each ends with the question what is lost
//! (`Loss`).
//!
//! A development tool: no crate of the product depends on it, and it is empty but in builds of tests, where the product
//! can be told to make one of six mistakes on purpose (`trunkline_provisioning::Mutant`), which schedules must find.

#![cfg(feature = "mutants")]
#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a tool of tests fails by panicking")]

mod books;
mod campaign;
mod client;
mod database;
mod fate;
mod gist;
mod ids;
mod loss;
mod place;
mod ports;
mod process;
mod random;
mod schedule;
mod supplier;
mod tally;
mod temper;
mod time;
mod trace;
mod world;

pub use campaign::{Finding, replay, search};
pub use database::Database;
pub use loss::{Loss, LossKind};
pub use schedule::play;
pub use tally::Tally;
pub use trace::Trace;

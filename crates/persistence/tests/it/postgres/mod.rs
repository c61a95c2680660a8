//! What PostgreSQL promises beyond the contracts.

mod concurrency;
pub(crate) mod database;
mod opening;
mod pool;
mod round_trips;

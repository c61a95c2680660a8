//! What PostgreSQL promises beyond the contracts.

mod concurrency;
pub(crate) mod database;
mod faults;
mod opening;
mod pool;
mod round_trips;
mod small_disk;

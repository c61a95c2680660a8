//! What PostgreSQL promises beyond the contracts.

mod auditing;
mod concurrency;
pub(crate) mod database;
mod envelope;
mod faults;
mod grants;
mod opening;
mod operations;
mod pool;
mod rates;
mod round_trips;
mod schema;
mod small_disk;
mod tenants;

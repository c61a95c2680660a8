//! What PostgreSQL promises beyond the contracts.

pub(crate) mod database;
mod opening;
mod pool;

//! The port to what whoever runs the product asks of a store: whether it takes writes, what time it has, what is
//! open, how busy its connections are.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use trunkline_domain::OrderState;

use super::StoreError;

/// Watches a store. Every question is small, whatever the store holds.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait OperationsStore: Send + Sync {
    /// Proves that the store takes writes, by the way that every change takes: a full disk, a database that is
    /// read-only or somebody's endless transaction make it fail. Leaves nothing that means anything.
    async fn check_writable(&self) -> Result<(), StoreError>;

    /// The clock that leases are set and compared by.
    async fn database_time(&self) -> Result<DateTime<Utc>, StoreError>;

    /// What is open at one moment.
    async fn workload(&self) -> Result<Workload, StoreError>;

    /// How busy the store's connections are. Never waits.
    fn pools(&self) -> Vec<PoolUse>;
}

/// What is open at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// The moment, by the store's clock.
    pub at: DateTime<Utc>,
    /// The orders of each state that has any.
    pub orders: Vec<OrdersInState>,
    /// When the oldest hold was made that nothing has resolved.
    pub oldest_hold_at: Option<DateTime<Utc>>,
    /// How many releases are under way, and how many wait for an operator.
    pub releases: OpenWork,
    /// The same of numbers that turned up for failed orders.
    pub orphans: OpenWork,
    /// How many credits and corrections wait for a second operator.
    pub approvals_waiting: u64,
}

/// The orders of one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrdersInState {
    /// The state.
    pub state: OrderState,
    /// How many.
    pub count: u64,
    /// When the oldest was opened.
    pub oldest_opened_at: DateTime<Utc>,
}

/// Work of one kind that is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpenWork {
    /// Under way.
    pub under_way: u64,
    /// Waiting for an operator.
    pub in_review: u64,
}

/// The connections of one pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolUse {
    /// The pool.
    pub pool: &'static str,
    /// Connections that somebody works with.
    pub in_use: u32,
    /// Connections that wait for work.
    pub idle: u32,
    /// How many there may be.
    pub max: u32,
}

/// How far the store's clock is ahead of ours (behind, where negative), at least: it was read between two readings of
/// ours, and anywhere between them it agrees.
pub fn clock_offset(before: DateTime<Utc>, database_time: DateTime<Utc>, after: DateTime<Utc>) -> TimeDelta {
    if database_time < before {
        database_time - before
    } else if database_time > after {
        database_time - after
    } else {
        TimeDelta::zero()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::within(5, 0)]
    #[case::at_the_beginning(0, 0)]
    #[case::at_the_end(10, 0)]
    #[case::behind(-3, -3)]
    #[case::ahead(14, 4)]
    fn clocks_agree_while_the_question_was_asked(#[case] database: i64, #[case] offset: i64) {
        let at = |second| DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap();
        assert_eq!(clock_offset(at(0), at(database), at(10)), TimeDelta::seconds(offset));
    }
}

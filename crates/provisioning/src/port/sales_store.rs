//! The port to the switch of sales: whether anything is sold at all now. One row for all servers of a database, which
//! the opening of an order reads in its own transaction, so that a switch holds from its commit on.

use std::num::NonZeroU32;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use trunkline_domain::{Actor, Change, Money};

use super::StoreError;

/// Stores whether sales go on. An operator's stop and a pause for want of money are apart: the end of one does not end
/// the other. Each method but the first is one database transaction, and none of them does twice what it did.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait SalesStore: Send + Sync {
    /// How sales stand now.
    async fn sales(&self) -> Result<SalesState, StoreError>;

    /// Stops sales by hand. From its commit on no order is opened; those that are open go on to their ends.
    async fn stop_sales(&self, change: &Change<SalesStop>) -> Result<StopAnswer, StoreError>;

    /// Ends a stop by hand.
    async fn start_sales(&self, change: &Change<SalesStart>) -> Result<StartAnswer, StoreError>;

    /// Pauses sales where the money at the provider runs out, or ends the pause where it does not any more.
    async fn note_runway(&self, change: &Change<RunwayNote>) -> Result<RunwayAnswer, StoreError>;
}

/// How sales stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalesState {
    /// The moment, by the store's clock.
    pub at: DateTime<Utc>,
    /// The operator's stop, while it holds.
    pub stop: Option<SalesStop>,
    /// The pause for want of money, while it holds.
    pub pause: Option<SalesPause>,
    /// The orders of all users that were opened since midnight (UTC) and have not failed.
    pub purchases_today: u64,
}

impl SalesState {
    /// Whether neither a stop nor a pause holds. The day's purchases may still be used up.
    pub const fn are_open(&self) -> bool {
        self.stop.is_none() && self.pause.is_none()
    }

    /// Whether so many purchases a day, where that is limited, are made.
    pub fn is_day_used_up(&self, per_day: Option<NonZeroU32>) -> bool {
        per_day.is_some_and(|cap| self.purchases_today >= u64::from(cap.get()))
    }
}

/// An operator's stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalesStop {
    /// Who.
    pub by: Actor,
    /// Why.
    pub reason: String,
    /// Since when.
    pub at: DateTime<Utc>,
}

/// The end of an operator's stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SalesStart {
    /// When.
    pub at: DateTime<Utc>,
}

/// A pause for want of money at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SalesPause {
    /// The figures that began it.
    pub shortage: Shortage,
    /// Since when.
    pub at: DateTime<Utc>,
}

/// Too little money at the provider: what is left of the balance after the coming fees is below the floor. All of one
/// currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortage {
    /// What the account had.
    pub balance: Money,
    /// What its numbers were going to cost within a week.
    pub coming_fees: Money,
    /// What should have been left.
    pub floor: Money,
}

/// What a look at the money at the provider came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunwayNote {
    /// The shortage, where there is one.
    pub shortage: Option<Shortage>,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopAnswer {
    /// Sales are stopped by this.
    Stopped,
    /// They were stopped already; that stop stays as it is.
    StoppedBefore,
}

/// What became of the end of a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartAnswer {
    /// The stop is over.
    Started,
    /// There was none.
    NotStopped,
}

/// What became of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunwayAnswer {
    /// Sales are paused by this.
    Paused,
    /// The pause is over.
    Resumed,
    /// Nothing has changed.
    AsBefore,
}

/// Why nothing is sold now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseCause {
    /// An operator has stopped sales.
    OperatorStop,
    /// The money at the provider runs out.
    LowBalance,
    /// The purchases of this day, by UTC, are used up.
    DailyCap {
        /// So many are allowed.
        cap: NonZeroU32,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PostgreSQL's function writes these by hand.
    #[test]
    fn causes_are_written_as_the_database_writes_them() {
        let cap = NonZeroU32::new(3).unwrap();
        for (cause, written) in [
            (PauseCause::OperatorStop, r#""operator_stop""#),
            (PauseCause::LowBalance, r#""low_balance""#),
            (PauseCause::DailyCap { cap }, r#"{"daily_cap":{"cap":3}}"#),
        ] {
            assert_eq!(serde_json::to_string(&cause).unwrap(), written);
            assert_eq!(serde_json::from_str::<PauseCause>(written).unwrap(), cause);
        }
    }
}

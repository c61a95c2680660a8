//! What provisioning measures: sagas while they run, and the store's workload. The crate speaks to whatever
//! recorder its host installs, and to nobody where there is none.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use metrics::{Gauge, Unit, counter, describe_counter, describe_gauge, gauge};
use trunkline_domain::{Money, OrderState};

use crate::port::{OpenWork, PoolUse, Workload};
use crate::{RecoveryRound, RunwayFigures};

const SAGAS: &str = "trunkline_sagas_in_flight";
const TAKEN_OVER: &str = "trunkline_recovery_taken_over_total";
const ORDERS: &str = "trunkline_orders";
const ORDERS_OLDEST: &str = "trunkline_orders_oldest_age_seconds";
const HOLDS_OLDEST: &str = "trunkline_holds_oldest_age_seconds";
const RELEASES: &str = "trunkline_releases";
const ORPHANS: &str = "trunkline_orphans";
const APPROVALS: &str = "trunkline_approvals_waiting";
const POOL: &str = "trunkline_pool_connections";
const POOL_MAX: &str = "trunkline_pool_connections_max";
const CLOCK_OFFSET: &str = "trunkline_database_clock_offset_seconds";
const OBSERVED: &str = "trunkline_store_observed_timestamp_seconds";
const BALANCE: &str = "trunkline_provider_balance";
const FEES: &str = "trunkline_provider_fees_week";
const FEES_UNPRICED: &str = "trunkline_provider_fees_unpriced";
const SALES_OPEN: &str = "trunkline_sales_open";
const RUNWAY_CHECKED: &str = "trunkline_runway_checked_timestamp_seconds";

/// Tells the installed recorder what this crate's metrics mean. Sagas start at zero, so that the first one is a rise.
pub fn describe_metrics() {
    for saga in [Saga::Purchase, Saga::Release] {
        saga.in_flight().increment(0);
    }
    describe_gauge!(SAGAS, "Purchases and releases that run in this process now, by saga.");
    describe_counter!(TAKEN_OVER, "Stalled work that recovery has taken over, by kind.");
    describe_gauge!(ORDERS, "Orders in the database, by state.");
    describe_gauge!(
        ORDERS_OLDEST,
        Unit::Seconds,
        "Age of the oldest order of each undecided state; 0 for none."
    );
    describe_gauge!(
        HOLDS_OLDEST,
        Unit::Seconds,
        "Age of the oldest hold that nothing has resolved; 0 for none."
    );
    describe_gauge!(RELEASES, "Numbers being given back, by state.");
    describe_gauge!(ORPHANS, "Numbers that turned up for failed orders and are not released, by state.");
    describe_gauge!(APPROVALS, "Credits and corrections that wait for a second operator.");
    describe_gauge!(POOL, "Connections to the database, by pool and state.");
    describe_gauge!(POOL_MAX, "How many connections a pool may have.");
    describe_gauge!(CLOCK_OFFSET, Unit::Seconds, "How far the database's clock is ahead of this process's.");
    describe_gauge!(
        OBSERVED,
        Unit::Seconds,
        "When the database was last asked for these gauges, as Unix time."
    );
    describe_gauge!(BALANCE, "What the account at the provider has left, in the currency of the label.");
    describe_gauge!(FEES, "What its numbers cost within a week, in the currency of the label.");
    describe_gauge!(FEES_UNPRICED, "Numbers that are renewed within a week at a cost that nobody says.");
    describe_gauge!(
        SALES_OPEN,
        "1 while numbers are sold; 0 while sales are stopped, paused, or held back by the limit of a day."
    );
    describe_gauge!(RUNWAY_CHECKED, Unit::Seconds, "When the balance was last read, as Unix time.");
}

/// A kind of saga.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Saga {
    Purchase,
    Release,
}

/// Counts a saga as long as it lives.
pub(crate) struct InFlight(Gauge);

impl Saga {
    fn in_flight(self) -> Gauge {
        let saga = match self {
            Self::Purchase => "purchase",
            Self::Release => "release",
        };
        gauge!(SAGAS, "saga" => saga)
    }
}

impl InFlight {
    pub(crate) fn enter(saga: Saga) -> Self {
        let sagas = saga.in_flight();
        sagas.increment(1);
        Self(sagas)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

/// Work was taken over.
pub(crate) fn taken_over(round: &RecoveryRound) {
    let RecoveryRound { orders, releases, orphans } = *round;
    for (kind, count) in [("order", orders), ("release", releases), ("orphan", orphans)] {
        counter!(TAKEN_OVER, "kind" => kind).increment(count.try_into().unwrap_or(u64::MAX));
    }
}

/// Shows what the store says is open.
pub(crate) fn workload(workload: &Workload) {
    for state in OrderState::ALL {
        let found = workload.orders.iter().find(|orders| orders.state == state);
        gauge!(ORDERS, "state" => state.as_str()).set(approximately(found.map_or(0, |orders| orders.count)));
        if !state.is_end() {
            let age = age(found.map(|orders| orders.oldest_opened_at), workload.at);
            gauge!(ORDERS_OLDEST, "state" => state.as_str()).set(age);
        }
    }
    gauge!(HOLDS_OLDEST).set(age(workload.oldest_hold_at, workload.at));
    for (name, work) in [(RELEASES, workload.releases), (ORPHANS, workload.orphans)] {
        let OpenWork { under_way, in_review } = work;
        gauge!(name, "state" => "releasing").set(approximately(under_way));
        gauge!(name, "state" => "review").set(approximately(in_review));
    }
    gauge!(APPROVALS).set(approximately(workload.approvals_waiting));
}

/// Shows how busy connections are.
pub(crate) fn pools(pools: &[PoolUse]) {
    for PoolUse { pool, in_use, idle, max } in pools {
        gauge!(POOL, "pool" => *pool, "state" => "in_use").set(*in_use);
        gauge!(POOL, "pool" => *pool, "state" => "idle").set(*idle);
        gauge!(POOL_MAX, "pool" => *pool).set(*max);
    }
}

/// Shows that the store was asked, and how far its clock is ahead of ours.
pub(crate) fn observed(at: DateTime<Utc>, offset: TimeDelta) {
    gauge!(CLOCK_OFFSET).set(offset.as_seconds_f64());
    gauge!(OBSERVED).set(Duration::from_millis(at.timestamp_millis().try_into().unwrap_or(0)));
}

/// Shows what the money at the provider was when it was looked at.
pub(crate) fn runway(figures: &RunwayFigures, are_sales_open: bool, at: DateTime<Utc>) {
    let RunwayFigures { balance, coming_fees, renewals: _, unpriced } = *figures;
    for (name, money) in [(BALANCE, balance), (FEES, coming_fees)] {
        gauge!(name, "currency" => money.currency().code()).set(shown(money));
    }
    gauge!(FEES_UNPRICED).set(approximately(unpriced));
    gauge!(RUNWAY_CHECKED).set(Duration::from_millis(at.timestamp_millis().try_into().unwrap_or(0)));
    sales_open(are_sales_open);
}

/// Shows whether anything is sold.
pub(crate) fn sales_open(are_open: bool) {
    gauge!(SALES_OPEN).set(u8::from(are_open));
}

/// An amount as a gauge takes it, for eyes and thresholds. Nothing is reckoned with it.
fn shown(money: Money) -> f64 {
    money.amount().to_string().parse().unwrap_or(f64::NAN)
}

fn age(since: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Duration {
    since.and_then(|since| (now - since).to_std().ok()).unwrap_or_default()
}

/// A count as a gauge takes it: four thousand million is many enough.
fn approximately(count: u64) -> u32 {
    count.try_into().unwrap_or(u32::MAX)
}

//! What the observer shows of a store, and that a store which does not answer is asked again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tokio_util::sync::CancellationToken;
use trunkline_domain::{Clock, OrderState};
use trunkline_provisioning::port::{
    MockOperationsStore, OpenWork, OrdersInState, PoolUse, StoreError, Workload,
};
use trunkline_provisioning::{StoreObserver, describe_metrics};

use crate::fixture::at;

struct Standing;

impl Clock for Standing {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        at(100)
    }
}

/// The gauges, by name and labels.
fn gauges(snapshotter: &Snapshotter) -> BTreeMap<String, String> {
    let told = snapshotter.snapshot().into_vec().into_iter().filter_map(|(key, _, _, value)| {
        let (key, DebugValue::Gauge(value)) = (key.key(), value) else { return None };
        let labels: Vec<&str> = key.labels().map(metrics::Label::value).collect();
        Some(([&[key.name()], &labels[..]].concat().join(" "), value.to_string()))
    });
    told.collect()
}

fn pools() -> Vec<PoolUse> {
    vec![PoolUse { pool: "read", in_use: 3, idle: 1, max: 4 }]
}

#[tokio::test]
async fn the_workload_is_shown_with_ages_by_the_stores_clock() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _recording = metrics::set_default_local_recorder(&recorder);
    describe_metrics();
    let mut store = MockOperationsStore::new();
    store.expect_pools().returning(pools);
    store.expect_database_time().returning(|| Ok(at(190)));
    store.expect_workload().returning(|| {
        let unresolved = OrdersInState { state: OrderState::Unresolved, count: 2, oldest_opened_at: at(70) };
        let completed = OrdersInState { state: OrderState::Completed, count: 9, oldest_opened_at: at(0) };
        Ok(Workload {
            at: at(190),
            orders: vec![unresolved, completed],
            oldest_hold_at: Some(at(65)),
            releases: OpenWork { under_way: 1, in_review: 2 },
            orphans: OpenWork { under_way: 3, in_review: 4 },
            approvals_waiting: 5,
        })
    });
    StoreObserver::new(Arc::new(store), Arc::new(Standing)).observe().await.unwrap();
    let shown = gauges(&snapshotter);
    for (series, value) in [
        ("trunkline_orders unresolved", "2"),
        ("trunkline_orders completed", "9"),
        ("trunkline_orders review", "0"),
        ("trunkline_orders_oldest_age_seconds unresolved", "120"),
        ("trunkline_orders_oldest_age_seconds ordering", "0"),
        ("trunkline_holds_oldest_age_seconds", "125"),
        ("trunkline_releases releasing", "1"),
        ("trunkline_releases review", "2"),
        ("trunkline_orphans releasing", "3"),
        ("trunkline_orphans review", "4"),
        ("trunkline_approvals_waiting", "5"),
        ("trunkline_pool_connections read in_use", "3"),
        ("trunkline_pool_connections read idle", "1"),
        ("trunkline_pool_connections_max read", "4"),
        ("trunkline_database_clock_offset_seconds", "90"),
        ("trunkline_sagas_in_flight purchase", "0"),
    ] {
        assert_eq!(shown.get(series).map(String::as_str), Some(value), "{series}");
    }
    assert!(!shown.contains_key("trunkline_orders_oldest_age_seconds completed"), "ends do not age");
    assert_eq!(shown["trunkline_store_observed_timestamp_seconds"], at(100).timestamp().to_string());
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_answer_still_shows_its_connections_and_is_asked_again() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _recording = metrics::set_default_local_recorder(&recorder);
    let stop = CancellationToken::new();
    let mut store = MockOperationsStore::new();
    store.expect_pools().times(2).returning(pools);
    store.expect_workload().times(1).returning(|| Err(StoreError::Unavailable("all busy".into())));
    let stopping = stop.clone();
    store.expect_workload().times(1).returning(move || {
        stopping.cancel();
        Err(StoreError::Unavailable("all busy".into()))
    });
    StoreObserver::new(Arc::new(store), Arc::new(Standing)).run(Duration::from_secs(15), stop).await;
    let shown = gauges(&snapshotter);
    assert_eq!(shown["trunkline_pool_connections read in_use"], "3");
    assert!(!shown.contains_key("trunkline_store_observed_timestamp_seconds"));
}

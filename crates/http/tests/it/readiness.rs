//! Readiness over a mocked store: asked seldom, never for long, and exact about what fails.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use insta::assert_snapshot;
use rstest::rstest;
use tokio::time::{Instant, advance};
use trunkline_domain::Clock;
use trunkline_http::{NotReady, Readiness, StoreReadiness};
use trunkline_provisioning::port::{OperationsStore, PoolUse, StoreError, Workload};

use crate::world::{Call, Noon, World};

/// A store that may take writes or hang, and whose clock is ahead of everybody's.
#[derive(Default)]
struct Store {
    asked: AtomicU32,
    full: bool,
    hangs: bool,
    ahead_ms: i64,
}

#[async_trait::async_trait]
impl OperationsStore for Store {
    async fn check_writable(&self) -> Result<(), StoreError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.hangs {
            pending::<()>().await;
        }
        if self.full { Err(StoreError::Unavailable("the disk is full".into())) } else { Ok(()) }
    }

    async fn database_time(&self) -> Result<DateTime<Utc>, StoreError> {
        Ok(Noon.now() + TimeDelta::milliseconds(self.ahead_ms))
    }

    async fn workload(&self) -> Result<Workload, StoreError> {
        unreachable!("readiness does not ask for it")
    }

    fn pools(&self) -> Vec<PoolUse> {
        unreachable!("readiness does not ask for it")
    }
}

fn readiness(store: Store) -> (Arc<Store>, StoreReadiness) {
    let store = Arc::new(store);
    (Arc::clone(&store), StoreReadiness::new(store, Arc::new(Noon)))
}

#[rstest]
#[case::as_we(0, None)]
#[case::two_seconds_ahead(2_000, None)]
#[case::further_ahead(2_001, Some("clock"))]
#[case::two_seconds_behind(-2_000, None)]
#[case::further_behind(-2_001, Some("clock"))]
#[tokio::test]
async fn clocks_may_be_two_seconds_apart(#[case] ahead_ms: i64, #[case] failing: Option<&str>) {
    let (_, readiness) = readiness(Store { ahead_ms, ..Store::default() });
    assert_eq!(readiness.check().await.err().as_ref().map(NotReady::part), failing);
}

#[tokio::test(start_paused = true)]
async fn probes_cannot_load_the_database() {
    let (store, readiness) = readiness(Store::default());
    for verdict in join_all((0..100).map(|_| readiness.check())).await {
        verdict.unwrap();
    }
    assert_eq!(store.asked.load(Ordering::Relaxed), 1);
    advance(Duration::from_millis(999)).await;
    readiness.check().await.unwrap();
    assert_eq!(store.asked.load(Ordering::Relaxed), 1);
    advance(Duration::from_millis(1)).await;
    readiness.check().await.unwrap();
    assert_eq!(store.asked.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_is_not_ready_within_two_seconds() {
    let (store, readiness) = readiness(Store { hangs: true, ..Store::default() });
    let started = Instant::now();
    for verdict in join_all((0..3).map(|_| readiness.check())).await {
        assert!(matches!(verdict, Err(NotReady::Database(_))));
    }
    assert_eq!(started.elapsed(), Duration::from_secs(2));
    assert_eq!(store.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn the_part_that_fails_is_named_and_nothing_of_the_inside() {
    let mut pictures = Vec::new();
    for store in [Store { full: true, ..Store::default() }, Store { ahead_ms: 90_000, ..Store::default() }] {
        let (_, readiness) = readiness(store);
        let world = World { readiness: Arc::new(readiness), ..World::new() };
        let answer = world.answer(Call::get("/readyz")).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(!answer.body.contains("disk") && !answer.body.contains("90"), "{}", answer.body);
        pictures.push(answer.picture());
    }
    assert_snapshot!(pictures.join("\n\n---\n\n"));
}

//! What operations ask of a SQLite file, and what its writer measures of itself.

use std::collections::BTreeMap;

use futures::future::join_all;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use trunkline_persistence::describe_metrics;
use trunkline_provisioning::contract::fixture::{ann, terms, usd};
use trunkline_provisioning::port::{OperationsStore, PoolUse, StoreError};

use crate::fixture::Database;

#[tokio::test]
async fn readers_that_wait_are_idle() {
    let database = Database::new().await;
    let store = database.open().await;
    store.workload().await.unwrap();
    let [PoolUse { pool, in_use, idle, max }] = store.pools()[..] else { unreachable!("one pool") };
    assert_eq!((pool, in_use + idle >= 1, max), ("read", true, database.options().read_connections));
    store.clone().close().await;
    assert!(matches!(store.check_writable().await, Err(StoreError::Unavailable(_))));
}

/// An order that a newer binary wrote, say, must not keep an older one from recovering all the others.
#[tokio::test]
async fn an_order_that_cannot_be_read_keeps_no_other_from_being_recovered() {
    let database = Database::new().await;
    let store = database.open().await;
    let f = database.changes(&store);
    f.credit(&ann(), usd("5")).await;
    let strange = f.open(&ann(), 1, usd("1")).await.order;
    let other = f.open(&ann(), 2, usd("1")).await.order;
    let mut stranger = database.stranger().await;
    let renamed = sqlx::query("UPDATE orders SET twilio_account_sid = 'of another kind' WHERE id = ?1");
    renamed.bind(strange.id.to_string()).execute(&mut stranger).await.unwrap();
    f.wait(61);
    let taken = f.purchases.claim_stalled(terms(), 10).await.unwrap();
    assert_eq!(taken.iter().map(|stalled| stalled.order.id).collect::<Vec<_>>(), [other.id]);
}

/// Somebody who sits on the write lock makes the probe fail once the patience of a change is spent.
#[tokio::test]
async fn a_database_that_somebody_keeps_locked_takes_no_writes() {
    let database = Database::new().await;
    let options = trunkline_persistence::SqliteOptions {
        busy_timeout: std::time::Duration::from_millis(50),
        ..database.server_options()
    };
    let store = trunkline_persistence::SqliteStore::open(options, database.clock()).await.unwrap();
    store.check_writable().await.unwrap();
    let mut stranger = database.stranger().await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut stranger).await.unwrap();
    assert!(matches!(store.check_writable().await, Err(StoreError::Unavailable(_))));
    sqlx::query("ROLLBACK").execute(&mut stranger).await.unwrap();
    store.check_writable().await.unwrap();
}

/// What histograms were told, by name.
fn recorded(snapshotter: &Snapshotter) -> BTreeMap<String, Vec<String>> {
    let values = snapshotter.snapshot().into_vec().into_iter();
    let histograms = values.filter_map(|(key, _, _, value)| match value {
        DebugValue::Histogram(values) => {
            Some((key.key().name().to_owned(), values.iter().map(ToString::to_string).collect()))
        }
        DebugValue::Counter(_) | DebugValue::Gauge(_) => None,
    });
    histograms.collect()
}

#[tokio::test]
async fn a_burst_is_measured_as_one_batch() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _recording = metrics::set_default_local_recorder(&recorder);
    describe_metrics();
    let database = Database::new().await;
    let store = database.open().await;
    let f = database.changes(&store);
    let credits: Vec<_> = (0..7).map(|_| f.credit_of(&ann(), usd("1"))).collect();
    for answer in join_all(credits.iter().map(|credit| f.wallets.credit(credit))).await {
        answer.unwrap();
    }
    let told = recorded(&snapshotter);
    assert_eq!(told["trunkline_writer_batch_changes"], ["7"]);
    assert_eq!(told["trunkline_writer_commit_duration_seconds"].len(), 1);
}

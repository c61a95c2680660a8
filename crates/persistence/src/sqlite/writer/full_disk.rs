//! The disk is full in the middle of a batch of purchases.

use futures::future::join_all;
use sqlx::ConnectOptions;
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::contract::fixture::{ann, usd};
use trunkline_provisioning::port::{OpenAnswer, PurchaseStore, StoreError};
use trunkline_wallet::contract::ManualClock;

use super::*;
use crate::sqlite::{SqliteOptions, SqliteStore};

/// How many pages the disk has room for beside those that the database has. An opening needs a few; a batch of all of
/// them does not fit.
const ROOM: i64 = 6;

/// The same database, on a disk without room for more.
async fn on_a_full_disk(store: &SqliteStore, options: &SqliteOptions) -> SqliteStore {
    let mut reader = store.readers.one().await.unwrap();
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut *reader).await.unwrap();
    let limit = (pages + ROOM).to_string();
    let connect = options.connect_options().pragma("max_page_count", limit);
    let connection = connect.connect().await.unwrap();
    let connection = WriteConnection::new(connect, connection);
    let writer = Writer::start(connection, Arc::clone(&store.clock), None);
    SqliteStore { writer, ..store.clone() }
}

#[tokio::test]
async fn a_disk_that_is_full_in_mid_batch_refuses_what_does_not_fit_and_keeps_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let (options, clock) = (SqliteOptions::new(folder.path().join("test.db")), ManualClock::new());
    SqliteStore::migrate(&options, clock.as_ref()).await.unwrap();
    let store = Arc::new(SqliteStore::open(options.clone(), clock.clone()).await.unwrap());
    let f = Fixture::of(&store, clock, Box::new(()));
    f.credit(&ann(), usd("100")).await;
    let full = on_a_full_disk(&store, &options).await;

    let openings: Vec<_> = (1..=60).map(|n| f.opening(&ann(), n, usd("1"))).collect();
    let answers = join_all(openings.iter().map(|opening| full.open(opening))).await;
    let opened = answers.iter().filter(|answer| matches!(answer, Ok(OpenAnswer::Opened(_)))).count();
    let refused = answers.iter().filter(|answer| matches!(answer, Err(StoreError::Unavailable(_)))).count();
    assert!(opened > 0 && refused > 0 && opened + refused == openings.len(), "{opened} {refused}");
    let held = async || usize::try_from(f.balance(&ann()).await.held.micros() / 1_000_000).unwrap();
    assert_eq!(held().await, opened, "nothing of the refused ones is there");
    f.assert_ledger_whole().await;

    full.writer.close().await;
    for opening in &openings {
        assert!(matches!(f.purchases.open(opening).await.unwrap(), OpenAnswer::Opened(_)));
    }
    assert_eq!(held().await, openings.len());
    f.assert_ledger_whole().await;
}

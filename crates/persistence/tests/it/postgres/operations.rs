//! What operations ask of a database.

use trunkline_persistence::{LeaseTime, PostgresOptions, PostgresStore};
use trunkline_provisioning::contract::fixture::{ann, terms, usd};
use trunkline_provisioning::port::{OperationsStore, PoolUse};

use super::database::Database;

/// An order that a newer binary wrote, say, must not keep an older one from recovering all the others.
#[tokio::test]
async fn an_order_that_cannot_be_read_keeps_no_other_from_being_recovered() {
    let database = Database::new().await;
    let store = database.open().await;
    let f = database.changes(&store);
    f.credit(&ann(), usd("5")).await;
    let strange = f.open(&ann(), 1, usd("1")).await.order.id;
    let other = f.open(&ann(), 2, usd("1")).await.order.id;
    let renamed =
        format!("UPDATE trunkline.orders SET twilio_account_sid = 'strange' WHERE id = '{strange}'");
    database.place.run(&[&renamed]);
    f.wait(61);
    let taken = f.purchases.claim_stalled(terms(), 10).await.unwrap();
    assert_eq!(taken.iter().map(|stalled| stalled.order.id).collect::<Vec<_>>(), [other]);
}

/// What a server compares its own clock with.
#[tokio::test]
async fn the_time_is_the_databases() {
    let database = Database::new().await;
    assert_eq!(
        database.open().await.database_time().await.unwrap(),
        trunkline_domain::Clock::now(&*database.clock)
    );
    let options = PostgresOptions { lease_time: LeaseTime::Database, ..database.options() };
    let store = PostgresStore::open(options).await.unwrap();
    let before = store.database_time().await.unwrap();
    let asked = database.place.run(&["SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"]);
    let after = store.database_time().await.unwrap();
    let between = asked.parse::<i64>().unwrap();
    assert!((before.timestamp_micros()..=after.timestamp_micros()).contains(&between));
}

#[tokio::test]
async fn connections_that_wait_are_idle() {
    let database = Database::new().await;
    let store = database.open().await;
    store.workload().await.unwrap();
    let [PoolUse { pool, in_use, idle, max }] = store.pools()[..] else { unreachable!("one pool") };
    assert_eq!((pool, in_use + idle >= 1, max), ("postgres", true, database.options().connections));
}

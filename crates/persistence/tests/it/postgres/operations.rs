//! What operations ask of a database.

use chrono::TimeDelta;
use trunkline_domain::OrderState;
use trunkline_persistence::{LeaseTime, PostgresOptions, PostgresStore};
use trunkline_provisioning::contract::fixture::{ann, terms, usd};
use trunkline_provisioning::port::{ClaimEnd, OpenWork, OperationsStore, OrdersInState, PoolUse, Workload};

use super::database::Database;

#[tokio::test]
async fn an_empty_store_has_no_work() {
    let database = Database::new().await;
    let nothing = OpenWork::default();
    let expected = Workload {
        at: trunkline_domain::Clock::now(&*database.clock),
        orders: Vec::new(),
        oldest_hold_at: None,
        releases: nothing,
        orphans: nothing,
    };
    assert_eq!(database.open().await.workload().await.unwrap(), expected);
}

#[tokio::test]
async fn what_is_open_is_counted_with_the_oldest() {
    let database = Database::new().await;
    let store = database.open().await;
    let f = database.changes(&store);
    let began = f.now();
    let number = f.buy(&ann(), 1).await;
    f.releases.begin(&f.release_of(&number)).await.unwrap();
    f.credit(&ann(), usd("5")).await;
    let failing = f.open(&ann(), 2, usd("1")).await;
    f.fail(&failing, ClaimEnd::Free).await;
    f.wait(60);
    f.open(&ann(), 3, usd("1")).await;
    f.wait(60);
    f.open(&ann(), 4, usd("1")).await;

    let workload = store.workload().await.unwrap();
    let minute = TimeDelta::seconds(60);
    let in_state = |state, count, oldest_opened_at| OrdersInState { state, count, oldest_opened_at };
    assert_eq!(workload.at, f.now());
    assert_eq!(
        workload.orders,
        [
            in_state(OrderState::Completed, 1, began),
            in_state(OrderState::Failed, 1, began),
            in_state(OrderState::Ordering, 2, began + minute),
        ]
    );
    assert_eq!(workload.oldest_hold_at, Some(began + minute), "resolved holds are none");
    assert_eq!(workload.releases, OpenWork { under_way: 1, in_review: 0 });
}

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

//! What a store says of the work that is open in it, on both engines.

use chrono::TimeDelta;
use trunkline_domain::OrderState;
use trunkline_provisioning::contract::fixture::{ann, usd};
use trunkline_provisioning::port::{ClaimEnd, OpenWork, OrdersInState, Workload};

use crate::engine::{OperationsFixture, on_every_engine};

async fn an_empty_store_has_no_work(fixture: OperationsFixture) {
    let nothing = OpenWork::default();
    let expected = Workload {
        at: fixture.changes.now(),
        orders: Vec::new(),
        oldest_hold_at: None,
        releases: nothing,
        orphans: nothing,
        approvals_waiting: 0,
    };
    assert_eq!(fixture.store.workload().await.unwrap(), expected);
}

async fn orders_are_counted_by_state_with_the_oldest(fixture: OperationsFixture) {
    let OperationsFixture { store, changes: f } = fixture;
    let began = f.now();
    f.buy(&ann(), 1).await;
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
}

async fn releases_under_way_are_counted(fixture: OperationsFixture) {
    let OperationsFixture { store, changes: f } = fixture;
    let number = f.buy(&ann(), 1).await;
    f.releases.begin(&f.release_of(&number)).await.unwrap();
    let workload = store.workload().await.unwrap();
    assert_eq!(workload.releases, OpenWork { under_way: 1, in_review: 0 });
}

macro_rules! workload_tests {
    ($fixture:path) => {
        #[tokio::test]
        async fn an_empty_store_has_no_work() {
            super::an_empty_store_has_no_work($fixture().await).await;
        }

        #[tokio::test]
        async fn orders_are_counted_by_state_with_the_oldest() {
            super::orders_are_counted_by_state_with_the_oldest($fixture().await).await;
        }

        #[tokio::test]
        async fn releases_under_way_are_counted() {
            super::releases_under_way_are_counted($fixture().await).await;
        }
    };
}

on_every_engine!(workload_tests!(operations));

//! Orders, for reading.

use insta::assert_snapshot;
use rstest::rstest;
use trunkline_domain::{FailureReason, Order, OrderState};
use trunkline_provisioning::port::{OrderPage, Scope};

use crate::sample::{ann, number, order};
use crate::world::{Call, Key, World};

#[tokio::test]
async fn an_order_says_where_the_money_is() {
    let completed = Order { state: OrderState::Completed, number: Some(number().id), ..order() };
    let failure = Some(FailureReason::BundleRequired { gap: None });
    let failed = Order { state: OrderState::Failed, failure, ..order() };
    let unresolved = Order { state: OrderState::Unresolved, ..order() };
    let mut pictures = Vec::new();
    for stored in [completed, failed, unresolved] {
        let mut world = World::new();
        world.orders.expect_order().return_once(|_, _| Ok(Some(stored)));
        let path = format!("/api/orders/{}", order().id);
        pictures.push(world.answer(Call::get(&path).key(Key::Ann)).await.picture());
    }
    assert_snapshot!(pictures.join("\n\n---\n\n"));
}

#[rstest]
#[case("/api/orders", vec![])]
#[case("/api/orders?status=review", vec![OrderState::Review])]
#[tokio::test]
async fn lists_keep_to_their_scope(#[case] path: &str, #[case] states: Vec<OrderState>) {
    let mut world = World::new();
    world.orders.expect_orders().times(1).return_once(move |filter| {
        assert_eq!((&filter.scope, &filter.states, filter.limit), (&Scope::User(ann()), &states, 100));
        Ok(OrderPage { orders: vec![order()], next: None })
    });
    let answer = world.answer(Call::get(path).key(Key::Ann)).await;
    assert_eq!(answer.json()["orders"][0]["charged"], "held");
    assert_eq!(answer.json()["nextCursor"], serde_json::Value::Null);
}

#[tokio::test]
async fn filters_that_mean_nothing_are_named() {
    let answer = World::new().answer(Call::get("/api/orders?status=lost&cursor=x").key(Key::Ann)).await;
    assert_eq!(answer.fields(), ["status", "cursor"]);
}

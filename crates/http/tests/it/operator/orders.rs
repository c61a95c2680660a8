//! Orders with their steps, and decisions about them.

use axum::http::StatusCode;
use insta::assert_snapshot;
use rstest::rstest;
use serde_json::json;
use trunkline_domain::{
    Actor, AuditEntry, FailureReason, Order, OrderState, Origin, RequestContext, ReviewReason,
};
use trunkline_provider::{ProviderError, ProviderNumber, Sighting};
use trunkline_provisioning::port::{OrderPage, Scope, SettleAnswer, Transition};
use trunkline_tenancy::{AuditPage, AuditPlace, AuditRecord};

use crate::sample::{ann, at, number, order, provider_number};
use crate::world::{Answer, Call, Key, World};

const REASON: &str = r#"{"reason": "Twilio case 118"}"#;

fn reviewed() -> Order {
    Order { state: OrderState::Review, review: Some(ReviewReason::StrangeMarker), ..order() }
}

fn record(entry: AuditEntry) -> AuditRecord {
    AuditRecord { place: AuditPlace::from_i64(1), entry }
}

fn settlement() -> String {
    json!({ "numberSid": provider_number().identity.number, "reason": "Twilio case 118" }).to_string()
}

async fn decide(world: World, decision: &str, body: &str) -> Answer {
    let path = format!("/api/operator/orders/{}/{decision}", order().id);
    world.answer(Call::post(&path, body).key(Key::Operator)).await
}

/// A world with one order that stands as it is.
fn with(order: Order) -> World {
    let mut world = World::new();
    world.orders.expect_order().returning(move |_, _| Ok(Some(order.clone())));
    world
}

fn sees(world: &mut World, number: Option<ProviderNumber>) {
    world
        .provider
        .expect_look()
        .returning(move |_| Ok(Sighting { number: number.clone(), provider_time: at(0) }));
}

#[rstest]
#[case("", Scope::Everyone, vec![])]
#[case("?stuck=true", Scope::Everyone, vec![OrderState::Ordering, OrderState::Unresolved, OrderState::Review])]
#[case("?state=failed&userId=ann", Scope::User(ann()), vec![OrderState::Failed])]
#[tokio::test]
async fn a_list_is_narrowed_as_asked(
    #[case] query: &str,
    #[case] scope: Scope,
    #[case] states: Vec<OrderState>,
) {
    let mut world = World::new();
    world.orders.expect_orders().times(1).return_once(move |filter| {
        assert_eq!((&filter.scope, &filter.states, filter.limit), (&scope, &states, 100));
        Ok(OrderPage { orders: vec![reviewed()], next: Some(order().id) })
    });
    let path = format!("/api/operator/orders{query}");
    let answer = world.answer(Call::get(&path).key(Key::Operator)).await.json();
    assert_eq!(
        (&answer["orders"][0]["userId"], &answer["orders"][0]["review"]),
        (&json!("ann"), &json!("strange_marker"))
    );
    assert_eq!(answer["nextCursor"], json!(order().id));
}

#[tokio::test]
async fn filters_that_mean_nothing_are_named() {
    let path = "/api/operator/orders?stuck=true&state=failed&limit=0";
    let answer = World::new().answer(Call::get(path).key(Key::Operator)).await;
    assert_eq!(answer.fields(), ["stuck", "limit"]);
}

#[tokio::test]
async fn an_order_comes_with_its_steps() {
    let mut world = with(reviewed());
    world.audit.expect_audit().times(1).return_once(|filter| {
        assert_eq!((filter.subject.clone(), filter.after), (Some(order().id.to_string()), None));
        let buyer =
            Origin { actor: Actor::User { user: ann(), key: None }, context: RequestContext::with_id("r-1") };
        let mut opened = buyer.audit("order.open", order().id, Some(&ann()), at(0));
        opened.details = json!({ "phoneNumber": order().phone_number, "charge": order().charge });
        let mut referred = Origin::system().audit("order.refer", order().id, Some(&ann()), at(9));
        referred.details = json!({
            "reason": "strange_marker", "numberSid": null,
            "calls": [{ "at": at(8), "call": "look", "answer": "other", "tookMs": 84 }],
        });
        Ok(AuditPage { records: vec![record(referred), record(opened)], next: None })
    });
    let path = format!("/api/operator/orders/{}", order().id);
    assert_snapshot!(world.answer(Call::get(&path).key(Key::Operator)).await.picture());
}

#[tokio::test]
async fn a_very_long_story_says_that_it_begins_earlier() {
    let mut world = with(reviewed());
    world.audit.expect_audit().times(2).returning(|filter| {
        let line = Origin::system().audit("order.park", order().id, Some(&ann()), at(0));
        let next = AuditPlace::from_i64(filter.after.map_or(200, |after| after.as_i64() - 100));
        Ok(AuditPage { records: vec![record(line); 100], next: Some(next) })
    });
    let path = format!("/api/operator/orders/{}", order().id);
    let answer = world.answer(Call::get(&path).key(Key::Operator)).await.json();
    assert_eq!(answer["steps"].as_array().map(Vec::len), Some(200));
    assert_eq!(answer["stepsBeginEarlier"], json!(true));
}

#[tokio::test]
async fn an_order_that_does_not_exist_is_decided_by_nobody() {
    for decision in ["settle", "void"] {
        let mut world = World::new();
        world.orders.expect_order().returning(|_, _| Ok(None));
        let answer = decide(world, decision, &settlement()).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::NOT_FOUND, "ORDER_NOT_FOUND"));
    }
}

#[tokio::test]
async fn an_order_is_settled_by_an_operator_with_a_reason() {
    let mut world = World::new();
    world.orders.expect_order().times(2).returning(|_, _| Ok(Some(reviewed())));
    let sid = provider_number().identity.number;
    let completed =
        Order { state: OrderState::Completed, number_sid: Some(sid), number: Some(number().id), ..order() };
    world.orders.expect_order().returning(move |_, _| Ok(Some(completed.clone())));
    world.provider.expect_fetch().times(1).returning(|_| Ok(Some(provider_number())));
    world.purchases.expect_settle().times(1).return_once(|change| {
        let line = change.audit.iter().find(|line| line.action == "order.settle").unwrap();
        assert_eq!(line.reason.as_deref(), Some("Twilio case 118"));
        assert!(matches!(line.actor, Actor::Operator { .. }), "{:?}", line.actor);
        assert_eq!(line.request_id.as_deref(), Some("test-request"));
        Ok(SettleAnswer::Settled(change.body.number.clone()))
    });
    assert_snapshot!(decide(world, "settle", &settlement()).await.picture());
}

#[tokio::test]
async fn an_order_is_voided_on_a_fresh_absence() {
    let mut world = with(reviewed());
    sees(&mut world, None);
    world.purchases.expect_abort().times(1).return_once(|change| {
        assert_eq!(change.audit[0].reason.as_deref(), Some("Twilio case 118"));
        let failure = Some(change.body.reason.clone());
        Ok(Transition::Applied(Order { state: OrderState::Failed, failure, ..order() }))
    });
    assert_snapshot!(decide(world, "void", REASON).await.picture());
}

#[tokio::test]
async fn decisions_that_something_speaks_against_change_nothing() {
    let sid = settlement();
    let ended = decide(
        with(Order { state: OrderState::Failed, failure: Some(FailureReason::NeverArrived), ..order() }),
        "void",
        REASON,
    );
    let mut world = with(reviewed());
    world.numbers.expect_number_by_identity().returning(|_| Ok(None));
    sees(&mut world, Some(provider_number()));
    let held = decide(world, "void", REASON);
    let mut world = with(reviewed());
    world.provider.expect_fetch().returning(|_| Ok(None));
    let absent = decide(world, "settle", &sid);
    let mut world = with(reviewed());
    world.provider.expect_fetch().returning(|_| {
        Err(ProviderError::OutcomeUnknown { detail: "the answer timed out".to_owned(), source: None })
    });
    let unasked = decide(world, "settle", &sid);
    let pictures = [ended.await, held.await, absent.await, unasked.await].map(|answer| answer.picture());
    assert_snapshot!(pictures.join("\n\n---\n\n"));
}

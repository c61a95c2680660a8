//! Numbers from both sides, and decisions about them.

use axum::http::StatusCode;
use insta::assert_snapshot;
use rstest::rstest;
use serde_json::{Value, json};
use trunkline_domain::{Actor, NumberStatus, OwnedNumber, ReviewReason};
use trunkline_provider::{ProviderError, Sighting};
use trunkline_provisioning::LeaseToken;
use trunkline_provisioning::port::{
    AdoptAnswer, NumberFile, NumberFiles, NumberName, NumberPage, OrderPage, Orphan, OrphanFile, OrphanStage,
    ReleaseTransition, Scope,
};

use crate::sample::{ann, at, identity, number, order, provider_number};
use crate::world::{Answer, Call, Key, World};

const REASON: &str = r#"{"reason": "ticket 7"}"#;

fn reviewed() -> OwnedNumber {
    OwnedNumber { status: NumberStatus::Review, review: Some(ReviewReason::AttemptsSpent), ..number() }
}

fn orphan() -> OrphanFile {
    OrphanFile {
        orphan: Orphan { identity: identity(), phone_number: number().phone_number, order: order().id },
        stage: OrphanStage::Review(ReviewReason::AttemptsSpent),
        attempts: 12,
        lease: LeaseToken::from_i64(3),
        updated_at: at(4),
    }
}

/// A world whose books have these under every name.
fn with(rows: Vec<OwnedNumber>, orphans: Vec<OrphanFile>) -> World {
    let mut world = World::new();
    let numbers = rows.into_iter().map(|number| NumberFile { number, release_attempts: 12 }).collect();
    let files = NumberFiles { numbers, orphans };
    world.decisions.expect_files().returning(move |_| Ok(files.clone()));
    world.orders.expect_orders().returning(|_| Ok(OrderPage { orders: Vec::new(), next: None }));
    world
}

fn is_held(world: &mut World) {
    world.provider.expect_fetch().returning(|_| Ok(Some(provider_number())));
}

fn is_gone(world: &mut World) {
    world.provider.expect_fetch().returning(|_| Ok(None));
    world.provider.expect_look().returning(|_| Ok(Sighting { number: None, provider_time: at(0) }));
    world.provider.expect_locate().returning(|_| Ok(None));
}

async fn post(world: World, path: &str, body: &str) -> Answer {
    world.answer(Call::post(&format!("/api/operator/numbers/{path}"), body).key(Key::Operator)).await
}

fn adoption() -> String {
    json!({ "numberSid": identity().number, "userId": "ann", "reason": "ticket 7" }).to_string()
}

#[tokio::test]
async fn what_waits_for_a_decision_is_listed_with_orphans() {
    let mut world = World::new();
    world.numbers.expect_numbers().times(1).return_once(|filter| {
        let asked = (&filter.scope, filter.status, filter.limit);
        assert_eq!(asked, (&Scope::Everyone, Some(NumberStatus::Review), 20));
        Ok(NumberPage { numbers: vec![reviewed()], total: 1, monthly: Vec::new(), next: None })
    });
    world.decisions.expect_orphans_in_review().times(1).return_once(|limit| {
        assert_eq!(limit, 20);
        Ok(vec![orphan()])
    });
    let call = Call::get("/api/operator/numbers?review=true&limit=20").key(Key::Operator);
    assert_snapshot!(world.answer(call).await.picture());
}

#[rstest]
#[case("?userId=ann&review=true", Some(NumberStatus::Review))]
#[case("?userId=ann", None)]
#[tokio::test]
async fn a_users_numbers_come_without_orphans(#[case] query: &str, #[case] status: Option<NumberStatus>) {
    let mut world = World::new();
    world.numbers.expect_numbers().times(1).return_once(move |filter| {
        assert_eq!((&filter.scope, filter.status), (&Scope::User(ann()), status));
        Ok(NumberPage { numbers: vec![number()], total: 2, monthly: Vec::new(), next: Some(number().id) })
    });
    let call = Call::get(&format!("/api/operator/numbers{query}")).key(Key::Operator);
    let answer = world.answer(call).await.json();
    assert_eq!((&answer["orphans"], &answer["nextCursor"]), (&json!([]), &json!(number().id)));
}

#[tokio::test]
async fn a_number_is_shown_from_both_sides() {
    let mut world = with(vec![reviewed()], Vec::new());
    is_held(&mut world);
    let path = format!("/api/operator/numbers/{}", number().id);
    assert_snapshot!(world.answer(Call::get(&path).key(Key::Operator)).await.picture());
}

#[rstest]
#[case("%2B14152300101".to_owned(), NumberName::Phone(number().phone_number))]
#[case(identity().number.to_string(), NumberName::Sid(identity().number))]
#[case(number().id.to_string(), NumberName::Id(number().id))]
#[tokio::test]
async fn a_number_has_three_names(#[case] path: String, #[case] name: NumberName) {
    let mut world = World::new();
    world.decisions.expect_files().times(1).return_once(move |asked| {
        assert_eq!(*asked, name);
        Ok(NumberFiles {
            numbers: vec![NumberFile { number: number(), release_attempts: 0 }],
            orphans: Vec::new(),
        })
    });
    world.provider.expect_fetch().returning(|_| {
        Err(ProviderError::Unavailable { retry_after: None, detail: "no answer".to_owned(), source: None })
    });
    let path = format!("/api/operator/numbers/{path}");
    let answer = world.answer(Call::get(&path).key(Key::Operator)).await.json();
    let unknown = json!({ "answer": "unknown", "why": "the provider is not available: no answer" });
    assert_eq!((&answer["atProvider"], &answer["advice"]["name"]), (&unknown, &json!("ask_again")));
}

#[tokio::test]
async fn that_nobody_has_it_is_an_answer_for_a_phone_number_and_not_for_an_id() {
    let mut world = with(Vec::new(), Vec::new());
    is_gone(&mut world);
    let answer = world.answer(Call::get("/api/operator/numbers/%2B14152300101").key(Key::Operator)).await;
    assert_eq!((answer.status, &answer.json()["atProvider"]["answer"]), (StatusCode::OK, &json!("absent")));
    for path in [number().id.to_string(), "12".to_owned()] {
        let world = with(Vec::new(), Vec::new());
        let call = Call::get(&format!("/api/operator/numbers/{path}")).key(Key::Operator);
        assert_eq!(world.answer(call).await.code(), "NUMBER_NOT_FOUND", "{path}");
    }
}

/// Whoever names Ben in the header has nothing to do with Ann's numbers.
#[tokio::test]
async fn an_operator_who_names_a_user_keeps_to_that_users_numbers() {
    let path = format!("/api/operator/numbers/{}", number().id);
    for (decision, body) in
        [("", None), ("/keep", Some(REASON)), ("/release", Some(REASON)), ("/write-off", Some(REASON))]
    {
        let mut world = with(vec![reviewed()], Vec::new());
        is_held(&mut world);
        let path = format!("{path}{decision}");
        let call = body.map_or_else(|| Call::get(&path), |body| Call::post(&path, body));
        let answer = world.answer(call.key(Key::Operator).acting_for("ben")).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "NUMBER_NOT_FOUND"), "{path}");
    }
}

#[tokio::test]
async fn a_number_is_adopted_and_charged() {
    let mut world = with(Vec::new(), Vec::new());
    is_held(&mut world);
    world.provider.expect_configure().times(1).returning(|_, _| Ok(provider_number()));
    world.decisions.expect_adopt().times(1).return_once(|change| {
        let line = &change.audit[0];
        assert_eq!((line.action.as_str(), line.reason.as_deref()), ("number.adopt", Some("ticket 7")));
        assert!(matches!(line.actor, Actor::Operator { .. }), "{:?}", line.actor);
        assert_eq!(line.request_id.as_deref(), Some("test-request"));
        Ok(AdoptAnswer::Adopted(change.body.number.clone()))
    });
    assert_snapshot!(post(world, "adopt", &adoption()).await.picture());
}

#[tokio::test]
async fn a_number_that_was_adopted_before_is_not_charged_again() {
    let mut world = with(vec![number()], Vec::new());
    is_held(&mut world);
    world.provider.expect_configure().returning(|_, _| {
        Err(ProviderError::Unavailable { retry_after: None, detail: "no answer".to_owned(), source: None })
    });
    let answer = post(world, "adopt", &adoption()).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!((&answer.json()["charge"], &answer.json()["settings"]), (&json!(null), &json!("not_set")));
}

#[rstest]
#[case(json!({ "fromOrder": order().id }), &["fromOrder"])]
#[case(json!({ "fromDeployment": order().id }), &["fromDeployment"])]
#[case(json!({ "fromDeployment": order().id, "fromOrder": order().id }), &["fromOrder"])]
#[tokio::test]
async fn a_marker_that_the_number_has_not_is_a_mistake(#[case] from: Value, #[case] fields: &[&str]) {
    let mut world = with(Vec::new(), Vec::new());
    is_held(&mut world);
    world.orders.expect_order().returning(|_, _| Ok(None));
    let mut body: Value = serde_json::from_str(&adoption()).unwrap();
    body.as_object_mut().unwrap().extend(from.as_object().unwrap().clone());
    assert_eq!(post(world, "adopt", &body.to_string()).await.fields(), fields);
}

#[tokio::test]
async fn a_number_that_is_gone_is_written_off() {
    let mut world = World::new();
    world.numbers.expect_number().returning(|_, _| Ok(Some(number())));
    is_gone(&mut world);
    world.decisions.expect_write_off().times(1).return_once(|change| {
        assert_eq!(change.audit[0].reason.as_deref(), Some("ticket 7"));
        Ok(ReleaseTransition::Applied(OwnedNumber { status: NumberStatus::Released, ..number() }))
    });
    assert_snapshot!(post(world, &format!("{}/write-off", number().id), REASON).await.picture());
}

#[tokio::test]
async fn the_release_of_an_orphan_that_is_gone_ends() {
    let mut world = with(Vec::new(), vec![orphan()]);
    is_gone(&mut world);
    world.orphans.expect_finish().times(1).returning(|_| Ok(true));
    let path = format!("{}/release", identity().number);
    assert_snapshot!(post(world, &path, REASON).await.picture());
}

#[tokio::test]
async fn a_number_is_kept() {
    let mut world = with(vec![reviewed()], Vec::new());
    is_held(&mut world);
    world.decisions.expect_keep().times(1).return_once(|change| {
        assert_eq!(change.audit[0].reason.as_deref(), Some("ticket 7"));
        Ok(ReleaseTransition::Applied(number()))
    });
    assert_snapshot!(post(world, &format!("{}/keep", number().id), REASON).await.picture());
}

#[tokio::test]
async fn what_speaks_against_a_decision_is_said() {
    let path = |decision: &str| format!("{}/{decision}", number().id);
    let active = post(with(vec![number()], Vec::new()), &path("keep"), REASON).await;
    let mut world = with(vec![reviewed()], Vec::new());
    is_gone(&mut world);
    let gone = post(world, &path("keep"), REASON).await;
    let mut world = World::new();
    world.numbers.expect_number().returning(|_, _| Ok(Some(number())));
    world.provider.expect_fetch().returning(|_| Ok(None));
    world.provider.expect_look().returning(|_| Ok(Sighting { number: None, provider_time: at(0) }));
    world.provider.expect_locate().returning(|identity| Ok(Some(identity.account.clone())));
    let moved = post(world, &path("write-off"), REASON).await;
    let theirs = OwnedNumber { user: "ben".parse().unwrap(), ..number() };
    let known = post(with(vec![theirs], Vec::new()), "adopt", &adoption()).await;
    let mut world = with(Vec::new(), Vec::new());
    is_held(&mut world);
    world.decisions.expect_adopt().returning(|change| {
        let required = change.body.order.charge;
        Ok(AdoptAnswer::InsufficientBalance { required, available: crate::sample::usd("0.10") })
    });
    let poor = post(world, "adopt", &adoption()).await;
    let pictures = [active, gone, moved, known, poor];
    assert_snapshot!(pictures.map(|answer| answer.picture()).join("\n\n---\n\n"));
}

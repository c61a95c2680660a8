//! Whether numbers are sold, and the operator's switch.

use insta::assert_snapshot;
use serde_json::json;
use trunkline_domain::Actor;
use trunkline_provider::ProviderError;
use trunkline_provisioning::port::{
    SalesPause, SalesState, SalesStop, Shortage, StartAnswer, StopAnswer, StoreError,
};

use crate::sample::{at, usd};
use crate::world::{Call, Key, World};

fn state() -> SalesState {
    let shortage = Shortage { balance: usd("12.50"), coming_fees: usd("10"), floor: usd("25") };
    SalesState {
        at: at(9),
        stop: Some(SalesStop {
            by: Actor::CommandLine { login: None },
            reason: "ticket 7".to_owned(),
            at: at(3),
        }),
        pause: Some(SalesPause { shortage, at: at(4) }),
        purchases_today: 7,
    }
}

fn show() -> Call {
    Call::get("/api/operator/sales").key(Key::Operator)
}

#[tokio::test]
async fn what_holds_sales_back_is_told_with_the_money_at_the_provider() {
    let mut world = World::new();
    world.floor = Some("25.00".parse().unwrap());
    world.sales.expect_sales().returning(|| Ok(state()));
    world.account.expect_balance().returning(|| Ok(usd("12.50")));
    world.reconciliations.expect_bought_numbers().returning(|_, _| Ok(Vec::new()));
    assert_snapshot!(world.answer(show()).await.picture());
}

#[tokio::test]
async fn a_balance_that_cannot_be_read_is_part_of_the_answer() {
    let mut world = World::new();
    world.sales.expect_sales().returning(|| Ok(SalesState { stop: None, pause: None, ..state() }));
    world.account.expect_balance().returning(|| Err(ProviderError::Unauthorized { code: Some(20003) }));
    let answer = world.answer(show()).await.json();
    assert_eq!((&answer["open"], &answer["runway"]), (&json!(true), &json!(null)));
    let why = "the provider does not accept the configured credentials (code 20003)";
    assert_eq!(answer["unreadable"], json!(why));
}

/// A mock that is asked what no test told it answers 500.
#[tokio::test]
async fn nobody_is_asked_for_money_that_nobody_asks_for() {
    let mut world = World::new();
    world.sales.expect_sales().returning(|| Ok(state()));
    let answer = world.answer(Call::get("/api/operator/sales?runway=false").key(Key::Operator)).await.json();
    assert_eq!((&answer["runway"], &answer["unreadable"]), (&json!(null), &json!(null)));
    assert_eq!(answer["stop"]["reason"], json!("ticket 7"));
}

#[tokio::test]
async fn sales_are_stopped_once_and_started_again() {
    let mut world = World::new();
    world.sales.expect_stop_sales().times(1).return_once(|change| {
        let line = &change.audit[0];
        assert_eq!((line.action.as_str(), line.reason.as_deref()), ("sales.stop", Some("ticket 7")));
        assert!(matches!(change.body.by, Actor::Operator { .. }), "{:?}", change.body.by);
        Ok(StopAnswer::Stopped)
    });
    world.sales.expect_stop_sales().times(1).returning(|_| Ok(StopAnswer::StoppedBefore));
    world.sales.expect_start_sales().times(1).return_once(|change| {
        assert_eq!(change.audit[0].reason.as_deref(), Some("ticket 7"));
        Ok(StartAnswer::Started)
    });
    world.sales.expect_start_sales().times(1).returning(|_| Ok(StartAnswer::NotStopped));
    let router = world.router();
    let mut pictures = Vec::new();
    for switch in ["stop", "stop", "start", "start"] {
        let path = format!("/api/operator/sales/{switch}");
        let call = Call::post(&path, r#"{"reason": "ticket 7"}"#).key(Key::Operator);
        pictures.push(call.to(router.clone()).await.picture());
    }
    assert_snapshot!(pictures.join("\n\n---\n\n"));
}

#[tokio::test(start_paused = true)]
async fn a_stop_of_which_nobody_knows_says_how_to_go_on() {
    let mut world = World::new();
    world.sales.expect_stop_sales().returning(|_| Err(StoreError::OutcomeUnknown("inside".into())));
    let call = Call::post("/api/operator/sales/stop", r#"{"reason": "ticket 7"}"#).key(Key::Operator);
    assert_snapshot!(world.answer(call).await.picture());
}

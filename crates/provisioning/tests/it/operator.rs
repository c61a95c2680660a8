//! An operator's decisions: only on undecided orders, only on fresh evidence, and audited.

use rstest::rstest;
use trunkline_domain::{
    AuditEntry, FailureReason, Order, OrderState, Origin, OwnedNumber, Reason, ReviewReason,
};
use trunkline_provider::ProviderNumber;
use trunkline_provisioning::DecisionError;
use trunkline_provisioning::port::{Authority, ClaimEnd, SettleAnswer, Transition};

use crate::fixture::{
    failed, identity, in_review, number, order, other_account, outcome_unknown, provider_number, sighting,
    unresolved,
};
use crate::stage::{Scene, Stage};

fn with(order: &Order) -> Stage {
    let mut stage = Stage::new();
    stage.standing.put_order(order);
    stage.provider.expect_fetch().returning(|_| Ok(Some(provider_number())));
    stage
}

fn reviewed() -> Order {
    in_review(ReviewReason::StrangeMarker)
}

fn reason() -> Reason {
    "Twilio case 118".parse().unwrap()
}

/// The line of a decision says who, why, and what the provider was asked before it.
fn assert_told(line: &AuditEntry, action: &str, call: &str, answer: &str) {
    assert_eq!((line.action.as_str(), line.subject.clone()), (action, order().id.to_string()));
    assert_eq!(line.actor, Origin::command_line().actor);
    assert_eq!(line.reason.as_deref(), Some("Twilio case 118"));
    let calls = line.details["calls"].as_array().unwrap();
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!((&calls[0]["call"], &calls[0]["answer"]), (&call.into(), &answer.into()));
}

async fn settle(scene: &Scene) -> Result<Order, DecisionError> {
    scene.provisioning.settle_order(order().id, identity().number, reason(), Origin::command_line()).await
}

async fn void(scene: &Scene) -> Result<Order, DecisionError> {
    scene.provisioning.void_order(order().id, reason(), Origin::command_line()).await
}

#[rstest]
#[case(unresolved())]
#[case(reviewed())]
#[tokio::test(start_paused = true)]
async fn an_undecided_order_is_settled_with_a_number_that_the_account_holds(#[case] order: Order) {
    let scene = with(&order).open();
    assert_eq!(settle(&scene).await.unwrap().state, OrderState::Completed);
    let settled = scene.asked.settled.only();
    assert_eq!(settled.body.number_sid, identity().number);
    assert_eq!(settled.audit[0].actor, Origin::command_line().actor);
    assert_told(&settled.audit[1], "order.settle", "fetch", "found");
}

#[tokio::test(start_paused = true)]
async fn a_number_that_the_account_does_not_hold_settles_nothing() {
    let mut stage = Stage::new();
    stage.standing.put_order(&reviewed());
    stage.provider.expect_fetch().times(1).returning(|_| Ok(None));
    let other = ProviderNumber { phone_number: "+14152300199".parse().unwrap(), ..provider_number() };
    stage.provider.expect_fetch().times(1).return_once(|_| Ok(Some(other)));
    stage.provider.expect_fetch().times(1).returning(|_| Err(outcome_unknown()));
    let scene = stage.open();
    assert!(matches!(settle(&scene).await, Err(DecisionError::Evidence(_))));
    assert!(matches!(settle(&scene).await, Err(DecisionError::Evidence(_))));
    assert!(matches!(settle(&scene).await, Err(DecisionError::Provider(_))));
    assert_eq!(scene.asked.settled.count(), 0);
}

#[rstest]
#[case(order())]
#[case(Order { state: OrderState::Completed, ..order() })]
#[case(failed(FailureReason::NumberUnavailable))]
#[tokio::test(start_paused = true)]
async fn only_undecided_orders_are_decided(#[case] order: Order) {
    let scene = with(&order).open();
    assert!(matches!(settle(&scene).await, Err(DecisionError::NotUndecided(_))));
    assert!(matches!(void(&scene).await, Err(DecisionError::NotUndecided(_))));
    let scene = Stage::new().open();
    assert!(matches!(void(&scene).await, Err(DecisionError::NotFound)));
}

#[tokio::test(start_paused = true)]
async fn a_settlement_that_conflicts_or_lost_a_race_is_told() {
    let mut stage = with(&reviewed());
    stage.settle(|_, _| Ok(SettleAnswer::Conflict));
    assert!(matches!(settle(&stage.open()).await, Err(DecisionError::Evidence(_))));
    let mut stage = with(&unresolved());
    stage.settle(|standing, settlement| {
        standing.settle(settlement);
        standing.change_order(|order| {
            order.number_sid = Some(format!("PN{}", "b".repeat(32)).parse().unwrap());
        });
        Ok(SettleAnswer::SettledOtherwise)
    });
    let answer = settle(&stage.open()).await;
    assert!(matches!(answer, Err(DecisionError::Evidence(_))), "completed, but not with this number");
}

#[tokio::test(start_paused = true)]
async fn an_order_is_voided_on_a_fresh_absence() {
    let scene = with(&reviewed()).open();
    assert_eq!(void(&scene).await.unwrap().state, OrderState::Failed);
    assert_eq!(scene.asked.looks.count(), 1);
    let aborted = scene.asked.aborted.only();
    assert_eq!(aborted.body.reason, FailureReason::VoidedByOperator);
    assert_eq!((aborted.body.authority, aborted.body.claim), (Authority::Operator, ClaimEnd::Cool));
    assert_told(&aborted.audit[0], "order.abort", "look", "absent");
}

#[tokio::test(start_paused = true)]
async fn an_absence_in_another_account_voids_nothing() {
    let mut stage = with(&in_review(ReviewReason::AccountChanged));
    stage.configured_account(Ok(other_account()));
    let scene = stage.open();
    assert!(matches!(void(&scene).await, Err(DecisionError::Evidence(_))));
    assert_eq!(scene.asked.aborted.count(), 0);
    let mut stage = with(&in_review(ReviewReason::AccountChanged));
    stage.configured_account(Err(()));
    assert!(matches!(void(&stage.open()).await, Err(DecisionError::Provider(_))));
}

#[rstest]
#[case(provider_number().friendly_name)]
#[case("Sales".to_owned())]
#[tokio::test(start_paused = true)]
async fn a_number_that_may_be_the_orders_is_not_voided_away(#[case] friendly_name: String) {
    let mut stage = with(&reviewed());
    let held = ProviderNumber { friendly_name, ..provider_number() };
    stage.looks(move || Ok(sighting(Some(held.clone()))));
    let scene = stage.open();
    assert!(matches!(void(&scene).await, Err(DecisionError::Evidence(_))));
    assert_eq!(scene.asked.aborted.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_number_that_is_plainly_anothers_does_not_stop_a_void() {
    let mut stage = with(&reviewed());
    stage.looks(|| Ok(sighting(Some(provider_number()))));
    let row = OwnedNumber { order: None, ..number() };
    stage.numbers.expect_number_by_identity().returning(move |_| Ok(Some(row.clone())));
    assert!(void(&stage.open()).await.is_ok());
    let mut stage = with(&reviewed());
    let strangers = ProviderNumber { friendly_name: "Sales tl1:1:3".to_owned(), ..provider_number() };
    stage.looks(move || Ok(sighting(Some(strangers.clone()))));
    assert!(void(&stage.open()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_void_needs_an_answer_and_an_order_that_is_still_undecided() {
    let mut stage = with(&reviewed());
    stage.looks(|| Err(outcome_unknown()));
    assert!(matches!(void(&stage.open()).await, Err(DecisionError::Provider(_))));
    let mut stage = with(&unresolved());
    stage
        .purchases
        .expect_abort()
        .returning(|_| Ok(Transition::Stale(Order { state: OrderState::Completed, ..order() })));
    assert!(matches!(void(&stage.open()).await, Err(DecisionError::NotUndecided(OrderState::Completed))));
}

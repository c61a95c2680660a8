//! What every transition of an order tells the audit trail: who, and what the provider was asked since the one before.

use serde_json::{Value, json};
use trunkline_domain::{AuditEntry, FailureReason, Origin};
use trunkline_provider::Refusal;
use trunkline_provisioning::port::SettleAnswer;
use trunkline_provisioning::{CallAnswer, CallKind, OrderStep};

use crate::fixture::{
    call, command, failed, order, outcome_unknown, provider_number, refused, sighting, stalled, unavailable,
    unresolved,
};
use crate::stage::Stage;

/// The order's line of a change, as it is read back.
#[track_caller]
fn step(audit: &[AuditEntry], action: &str) -> OrderStep {
    let subject = order().id.to_string();
    let line = audit.iter().find(|line| line.subject == subject && line.action == action);
    line.unwrap_or_else(|| panic!("no {action} in {audit:?}")).clone().into()
}

fn answers(step: &OrderStep) -> Vec<(CallKind, CallAnswer)> {
    step.calls.iter().map(|call| (call.call, call.answer)).collect()
}

/// A stage whose store hands out one stalled order.
fn recovering() -> Stage {
    let mut stage = Stage::new();
    stage.standing.put_order(&unresolved());
    stage.purchases.expect_claim_stalled().times(1).return_once(|_, _| Ok(vec![stalled(unresolved())]));
    stage
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_with_the_providers_code() {
    let mut stage = Stage::new();
    stage.buy(|_| Err(refused(Refusal::NumberUnavailable, 21422)));
    let scene = stage.open();
    scene.provisioning.purchase(command()).await.unwrap_err();
    let aborted = step(&scene.asked.aborted.only().audit, "order.abort");
    let told = [
        (CallKind::Look, CallAnswer::Absent),
        (CallKind::Search, CallAnswer::Found),
        (CallKind::Buy, CallAnswer::Refused),
    ];
    assert_eq!(answers(&aborted), told);
    assert_eq!(aborted.calls[2].code, Some(21422));
    assert_eq!(aborted.details["failure"], json!(FailureReason::NumberUnavailable));
}

#[tokio::test(start_paused = true)]
async fn what_a_transition_has_told_is_not_told_again() {
    let mut stage = Stage::new();
    stage.look(|| Ok(sighting(None)));
    stage.look(|| Err(unavailable()));
    stage.looks(|| Ok(sighting(Some(provider_number()))));
    stage.buy(|_| Err(outcome_unknown()));
    let scene = stage.open();
    scene.provisioning.purchase(command()).await.unwrap();
    let parked = step(&scene.asked.parked.only().audit, "order.park");
    assert_eq!(answers(&parked)[2], (CallKind::Buy, CallAnswer::Unknown));
    assert_eq!(parked.details["nextLookInS"], 30);
    let settled = step(&scene.asked.settled.only().audit, "order.settle");
    let looks = [(CallKind::Look, CallAnswer::Unavailable), (CallKind::Look, CallAnswer::Ours)];
    assert_eq!(answers(&settled), looks, "the purchase is told where the order was parked");
}

#[tokio::test(start_paused = true)]
async fn a_look_without_an_answer_is_told_where_the_order_is_parked() {
    let mut stage = recovering();
    stage.looks(|| Err(unavailable()));
    let scene = stage.open();
    scene.provisioning.run_once().await.unwrap();
    let line = &scene.asked.parked.only().audit[0];
    assert_eq!(line.actor, Origin::system().actor);
    let parked = step(std::slice::from_ref(line), "order.park");
    assert_eq!(answers(&parked), [(CallKind::Look, CallAnswer::Unavailable)]);
    assert_eq!((&parked.details["unanswered"], &parked.details["firstAbsentAt"]), (&json!(1), &Value::Null));
}

#[tokio::test(start_paused = true)]
async fn without_a_provider_the_parking_says_so() {
    let mut stage = recovering();
    stage.configured_account(Err(()));
    let scene = stage.open();
    scene.provisioning.run_once().await.unwrap();
    let parked = step(&scene.asked.parked.only().audit, "order.park");
    assert_eq!(answers(&parked), [(CallKind::Look, CallAnswer::NotConfigured)]);
}

/// The settlement is not stored, so what it would have told is told by what is stored instead.
#[tokio::test(start_paused = true)]
async fn evidence_that_cannot_settle_is_told_by_what_it_leads_to() {
    let mut stage = recovering();
    stage.looks(|| Ok(sighting(Some(provider_number()))));
    stage.settle(|_, _| Ok(SettleAnswer::Conflict));
    let scene = stage.open();
    scene.provisioning.run_once().await.unwrap();
    let referred = &scene.asked.referred.only().audit;
    assert_eq!(referred[0].details["calls"], json!([call("look", "ours")]));

    let mut stage = recovering();
    stage.looks(|| Ok(sighting(Some(provider_number()))));
    stage.settle(|standing, _| {
        standing.put_order(&failed(FailureReason::NeverArrived));
        Ok(SettleAnswer::OrderFailed)
    });
    let scene = stage.open();
    scene.provisioning.run_once().await.unwrap();
    let late = step(&scene.asked.late.only().audit, "order.late_success");
    assert_eq!(answers(&late), [(CallKind::Look, CallAnswer::Ours)]);
}

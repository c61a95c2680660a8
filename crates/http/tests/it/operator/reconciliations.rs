//! Reconciliations that an operator asks for, and the reports that are kept.

use std::sync::{Mutex, mpsc};
use std::time::Duration;

use axum::http::StatusCode;
use insta::assert_snapshot;
use rstest::rstest;
use serde_json::{Value, json};
use trunkline_domain::Actor;
use trunkline_provider::{Listing, ProviderError};
use trunkline_provisioning::port::PassLease;
use trunkline_provisioning::{Finding, Found, HeldNumber, LeaseToken, RepairCounts, Report};

use crate::sample::{account, at, provider_number};
use crate::world::{Call, Key, World};

const PATH: &str = "/api/operator/reconciliations";

fn ask(body: &str) -> Call {
    Call::post(PATH, body).key(Key::Operator)
}

fn listing() -> Listing {
    Listing { account: account(), numbers: vec![provider_number()], complete: true, begun_at: at(0) }
}

/// A world in which nobody else reconciles, and the books are empty.
fn free() -> World {
    let mut world = World::new();
    let pass = PassLease { lease: LeaseToken::from_i64(1), begun_at: at(0) };
    world.orphans.expect_begin_pass().returning(move |_, _| Ok(Some(pass)));
    world.orphans.expect_finish_pass().returning(|_| Ok(0));
    world.reconciliations.expect_webhooks_used().returning(|| Ok(Vec::new()));
    world.reconciliations.expect_bought_numbers().returning(|_, _| Ok(Vec::new()));
    world.reconciliations.expect_contradictions().returning(|_, _| Ok(Vec::new()));
    world
}

fn report(begun_at: i64) -> Report {
    let held = HeldNumber {
        number_sid: provider_number().identity.number,
        phone_number: provider_number().phone_number,
        friendly_name: provider_number().friendly_name,
    };
    let finding = Finding::Foreign { held, deployment: None };
    Report {
        account: account(),
        begun_at: at(begun_at),
        ended_at: at(begun_at + 9),
        complete: true,
        held: 1,
        compared: 0,
        skipped: 0,
        on_other_accounts: 0,
        costs_unknown: Vec::new(),
        found: 1,
        repairable: 0,
        repairs: RepairCounts::default(),
        held_back: None,
        findings: vec![Found { finding, repair: None }],
    }
}

#[tokio::test]
async fn kept_reports_are_listed() {
    let mut world = World::new();
    world.reconciliations.expect_reports().times(1).return_once(|limit| {
        assert_eq!(limit, 10);
        Ok(vec![report(0)])
    });
    assert_snapshot!(world.answer(Call::get(PATH).key(Key::Operator)).await.picture());
}

/// So many findings of each, and one report by its moment.
#[tokio::test]
async fn of_kept_reports_comes_as_much_as_is_asked_for() {
    let counts = async |query: &str, most: u16| {
        let mut world = World::new();
        world.reconciliations.expect_reports().times(1).return_once(move |limit| {
            assert_eq!(limit, most);
            Ok(vec![report(60), report(0)])
        });
        let answer = world.answer(Call::get(&format!("{PATH}?{query}")).key(Key::Operator)).await;
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        let reports = body["reports"].as_array().unwrap().clone();
        let findings = |report: &Value| report["findings"].as_array().unwrap().len();
        (reports.iter().map(findings).collect::<Vec<_>>(), reports)
    };
    assert_eq!(counts("findings=0&limit=20", 20).await.0, [0, 0]);
    let moment = at(0).to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let (findings, reports) = counts(&format!("begunAt={moment}"), 100).await;
    assert_eq!((findings, &reports[0]["begunAt"]), (vec![1], &json!(at(0))));
    let asked = Call::get(&format!("{PATH}?begunAt=yesterday&findings=1001")).key(Key::Operator);
    assert_eq!(World::new().answer(asked).await.fields(), ["begunAt", "findings"]);
}

#[tokio::test]
async fn a_reconciliation_answers_with_its_report() {
    let mut world = free();
    world.provider.expect_list().times(1).returning(|| Ok(listing()));
    world.reconciliations.expect_keep_report().times(1).return_once(|_, line| {
        assert!(matches!(line.actor, Actor::Operator { .. }), "{:?}", line.actor);
        Ok(())
    });
    assert_snapshot!(world.answer(ask("{}")).await.picture());
}

/// The provider lets the listing wait until the answer is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reconciliation_that_takes_longer_than_a_request_goes_on() {
    let mut world = free();
    world.request_timeout = Duration::from_millis(200);
    let (go_on, answered) = mpsc::channel::<()>();
    let answered = Mutex::new(answered);
    world.provider.expect_list().times(1).returning(move || {
        answered.lock().unwrap().recv().unwrap();
        Ok(listing())
    });
    let (kept, keeping) = tokio::sync::oneshot::channel();
    world.reconciliations.expect_keep_report().times(1).return_once(move |report, _| {
        kept.send(report.held).unwrap();
        Ok(())
    });
    let answer = world.answer(ask(r#"{"repair": true}"#)).await;
    go_on.send(()).unwrap();
    assert_snapshot!(answer.picture());
    assert_eq!(keeping.await, Ok(1), "its report is kept");
}

#[tokio::test]
async fn a_reconciliation_that_cannot_begin_changes_nothing() {
    let mut world = World::new();
    world.orphans.expect_begin_pass().returning(|_, _| Ok(None));
    let beside = world.answer(ask("{}")).await;
    let mut world = free();
    world.provider.expect_list().returning(|| {
        Err(ProviderError::Unavailable { retry_after: None, detail: "inside".to_owned(), source: None })
    });
    let unanswered = world.answer(ask(r#"{"repair": true, "confirm": 4}"#)).await;
    assert_snapshot!([beside, unanswered].map(|answer| answer.picture()).join("\n\n---\n\n"));
}

#[rstest]
#[case(json!({ "confirm": 4 }), &["confirm"])]
#[case(json!({ "repair": "perhaps", "confirm": -1 }), &["repair", "confirm"])]
#[case(json!({ "repair": true, "confirm": "99999999999999999999" }), &["confirm"])]
#[case(json!({ "numberSid": "PN7" }), &["numberSid"])]
#[case(json!({ "numberSid": format!("PN{}", "7".repeat(32)) }), &["numberSid"])]
#[case(json!({ "repair": true, "confirm": 1, "numberSid": format!("PN{}", "7".repeat(32)) }), &["confirm"])]
#[tokio::test]
async fn mistakes_are_named(#[case] body: Value, #[case] fields: &[&str]) {
    let answer = World::new().answer(ask(&body.to_string())).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.fields(), fields);
}

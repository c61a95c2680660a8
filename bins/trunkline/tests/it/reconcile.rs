//! The two books, with every kind of disagreement made at the simulated Twilio: each is found, and nothing is touched.

use std::collections::BTreeMap;
use std::process::Output;

use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;
use trunkline_domain::OrderId;
use trunkline_provisioning::Marker;
use trunkline_twilio_sim::{Fault, FaultAction};
use uuid::Uuid;

use crate::engine::Engine;
use crate::stage::Stage;

/// What was made a moment ago is judged at once.
const AT_ONCE: &[(&str, &str)] = &[("RECONCILE_AFTER_S", "0")];

struct Reconciled {
    status: i32,
    report: Value,
}

fn reconcile(stage: &Stage) -> Reconciled {
    let Output { status, stdout, stderr } = stage.command(&["reconcile", "--json"]);
    let report = serde_json::from_slice(&stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&stderr)));
    Reconciled { status: status.code().unwrap(), report }
}

impl Reconciled {
    /// The phone numbers of each class.
    fn by_class(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for finding in self.report["findings"].as_array().unwrap() {
            let number = ["held", "booked"].iter().find_map(|side| finding[side]["phoneNumber"].as_str());
            found.entry(finding["class"].as_str().unwrap()).or_default().push(number.unwrap());
        }
        found
    }
}

/// Buys a number and answers its id and its id at Twilio.
async fn bought(stage: &Stage, number: &str) -> (String, String) {
    let (status, answer) = stage.buy(number).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let all = stage.numbers().await;
    let row = all.iter().find(|row| row["phone_number"] == number).unwrap();
    let text = |field: &str| row[field].as_str().unwrap().to_owned();
    (text("id"), text("twilio_sid"))
}

/// The order of a purchase that Twilio refuses.
async fn failed_order(stage: &Stage, number: &str) -> OrderId {
    let refusal = FaultAction::Refuse { status: 400, code: 21_422, message: None };
    stage.twilio().script(Fault::new(refusal).on("POST", "*/IncomingPhoneNumbers/Local.json"));
    let (status, _) = stage.buy(number).await;
    assert_eq!(status, StatusCode::GONE);
    let orders = stage.get("/api/orders?limit=100").await["orders"].clone();
    let order = orders.as_array().unwrap().iter().find(|order| order["phoneNumber"] == number).unwrap();
    order["id"].as_str().unwrap().parse().unwrap()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_disagreement_is_found_and_nothing_is_touched(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::on(engine, "25.00", AT_ONCE).await;
    let number: Vec<String> = (0..9).map(|nth| stage.free_number(nth)).collect();
    let quiet = reconcile(&stage);
    assert_eq!((quiet.status, quiet.report["found"].as_u64()), (0, Some(0)));

    // Two that agree.
    let (_, sid) = bought(&stage, &number[0]).await;
    bought(&stage, &number[1]).await;
    let named = stage.twilio().owned().into_iter().find(|owned| *owned.sid == *sid).unwrap().friendly_name;
    let ours = Marker::find_in(&named).unwrap();
    let marked = |order: OrderId| Marker { order, ..ours }.to_string();

    let (_, drifting) = bought(&stage, &number[2]).await;
    stage.set_at_twilio(&drifting, &[("VoiceUrl", "https://elsewhere.example/voice")]).await;
    let (_, vanishing) = bought(&stage, &number[3]).await;
    stage.delete_at_twilio(&vanishing).await;
    let (staying, _) = bought(&stage, &number[4]).await;
    let unheard = FaultAction::Status { status: 204, retry_after_s: None };
    stage.twilio().script(Fault::new(unheard).on("DELETE", "*/IncomingPhoneNumbers/*"));
    stage.ask(reqwest::Method::DELETE, &format!("/api/numbers/{staying}/release"), None).await;
    stage.buy_at_twilio(&number[5], "the operator's own").await;
    let failed = failed_order(&stage, &number[6]).await;
    stage.buy_at_twilio(&number[6], &marked(failed)).await;
    stage.buy_at_twilio(&number[7], &marked(OrderId::from_uuid(Uuid::from_u128(7)))).await;

    let held = stage.twilio().owned();
    let found = reconcile(&stage);
    assert_eq!(found.status, 1);
    let expected = [
        ("drifted", &number[2]),
        ("ghost", &number[3]),
        ("released_but_present", &number[4]),
        ("foreign", &number[5]),
        ("orphan", &number[6]),
        ("unknown_order", &number[7]),
    ];
    let expected: BTreeMap<&str, Vec<&str>> =
        expected.into_iter().map(|(class, number)| (class, vec![number.as_str()])).collect();
    assert_eq!(found.by_class(), expected, "{:#}", found.report);
    assert_eq!(stage.twilio().owned(), held, "nothing was changed at Twilio");
    assert_eq!(reconcile(&stage).by_class(), expected, "nor here");

    let told = stage.command(&["reconcile"]);
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.contains("THE BOOKS DISAGREE: 6 findings."), "{told}");
    assert!(told.contains("its address for calls is \"https://elsewhere.example/voice\""), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_young_is_left_alone() {
    let stage = Stage::new("25.00").await;
    let (_, sid) = bought(&stage, &stage.free_number(0)).await;
    stage.delete_at_twilio(&sid).await;
    stage.buy_at_twilio(&stage.free_number(1), "the operator's own").await;
    let Reconciled { status, report } = reconcile(&stage);
    assert_eq!((status, report["found"].as_u64(), report["skipped"].as_u64()), (0, Some(0), Some(2)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_breaks_off_or_cannot_be_read_concludes_nothing() {
    let stage = Stage::on(Engine::Sqlite, "25.00", AT_ONCE).await;
    stage.buy_at_twilio(&stage.free_number(0), "the operator's own").await;
    let down = || Fault::new(FaultAction::Status { status: 503, retry_after_s: None });
    stage.twilio().script(down().on("GET", "*/IncomingPhoneNumbers.json").forever());
    let output = stage.command(&["reconcile"]);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("nothing was compared, and nothing changed"), "{told}");
    stage.twilio().clear_faults();
    assert_eq!(reconcile(&stage).by_class().len(), 1, "and the next one may begin at once");
}

//! The two books, with every kind of disagreement made at the simulated Twilio: each is found, and nothing is touched.

use std::collections::BTreeMap;
use std::process::{Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
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
    reconcile_with(stage, &[], &[])
}

fn repair(stage: &Stage) -> Reconciled {
    reconcile_with(stage, &["--repair"], &[])
}

fn reconcile_with(stage: &Stage, arguments: &[&str], environment: &[(&str, &str)]) -> Reconciled {
    let arguments = [&["reconcile", "--json"], arguments].concat();
    let output = stage.command_with(&arguments, environment).output().unwrap();
    let Output { status, stdout, stderr } = output;
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

    /// How many repairs were done, skipped and failed.
    fn repairs(&self) -> [u64; 3] {
        ["done", "skipped", "failed"].map(|count| self.report["repairs"][count].as_u64().unwrap())
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
async fn each_disagreement_is_found_and_only_the_allowed_ones_are_touched(
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
    let (_, cleared) = bought(&stage, &number[8]).await;
    stage.set_at_twilio(&cleared, &[("VoiceUrl", ""), ("FriendlyName", "reception")]).await;

    let held = stage.twilio().owned();
    let found = reconcile(&stage);
    assert_eq!(found.status, 1);
    let left = [
        ("drifted", &number[2]),
        ("ghost", &number[3]),
        ("foreign", &number[5]),
        ("unknown_order", &number[7]),
    ];
    let left: BTreeMap<&str, Vec<&str>> =
        left.into_iter().map(|(class, number)| (class, vec![number.as_str()])).collect();
    let mut expected = left.clone();
    expected.insert("released_but_present", vec![&number[4]]);
    expected.insert("orphan", vec![&number[6]]);
    expected.insert("drifted", vec![&number[8], &number[2]]);
    assert_eq!(found.by_class(), expected, "{:#}", found.report);
    assert_eq!(found.report["repairable"], 3);
    assert_eq!(stage.twilio().owned(), held, "nothing was changed at Twilio");
    assert_eq!(reconcile(&stage).by_class(), expected, "nor here");

    let told = stage.command(&["reconcile"]);
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.contains("THE BOOKS DISAGREE: 7 findings."), "{told}");
    assert!(told.contains("its address for calls is \"https://elsewhere.example/voice\""), "{told}");
    assert!(told.contains("3 of these would be repaired by `trunkline reconcile --repair`"), "{told}");

    let repaired = repair(&stage);
    assert_eq!((repaired.status, repaired.repairs()), (1, [3, 1, 0]), "{:#}", repaired.report);
    let mut expected = held;
    expected.retain(|owned| owned.phone_number != number[4] && owned.phone_number != number[6]);
    let now = stage.twilio().owned();
    assert_eq!(now.len(), expected.len());
    for (now, before) in now.iter().zip(&expected) {
        if before.sid == *cleared {
            assert_eq!(now.voice_url, "https://numbers.example.com/api/voice-agent/handle-call");
            assert!(Marker::find_in(&now.friendly_name).is_some(), "{}", now.friendly_name);
        } else {
            assert_eq!(now, before, "nothing else is touched");
        }
    }
    let again = repair(&stage);
    assert_eq!((again.status, again.repairs()), (1, [0, 1, 0]), "{:#}", again.report);
    assert_eq!(again.by_class(), left, "only what it may not touch");
    assert_eq!(stage.twilio().owned(), now);
}

/// Four at once are too many for so small an account, and are repaired only when exactly four are confirmed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_is_usual_is_repaired_only_when_it_is_confirmed() {
    let stage = Stage::on(Engine::Sqlite, "25.00", AT_ONCE).await;
    let mut sids = Vec::new();
    for nth in 0..4 {
        let (id, sid) = bought(&stage, &stage.free_number(nth)).await;
        let unheard = FaultAction::Status { status: 204, retry_after_s: None };
        stage.twilio().script(Fault::new(unheard).on("DELETE", "*/IncomingPhoneNumbers/*"));
        stage.ask(reqwest::Method::DELETE, &format!("/api/numbers/{id}/release"), None).await;
        sids.push(sid);
    }
    for arguments in [&["--repair"][..], &["--repair", "--confirm", "3"]] {
        let held_back = reconcile_with(&stage, arguments, &[]);
        assert_eq!((held_back.status, held_back.repairs()), (3, [0, 0, 0]), "{arguments:?}");
        assert_eq!(held_back.report["heldBack"], serde_json::json!({ "wouldRepair": 4, "limit": 3 }));
        assert_eq!(stage.twilio().owned().len(), 4, "nothing is repaired");
    }
    let told = stage.command(&["reconcile", "--repair"]);
    let (said, log) = (String::from_utf8(told.stdout).unwrap(), String::from_utf8(told.stderr).unwrap());
    assert!(said.contains("trunkline reconcile --repair --confirm 4"), "{said}");
    assert!(log.contains("alarm=\"repairs_held_back\""), "{log}");
    let repaired = reconcile_with(&stage, &["--repair", "--confirm", "4"], &[]);
    assert_eq!((repaired.status, repaired.repairs()), (0, [4, 0, 0]));
    assert!(stage.twilio().owned().is_empty());
    let again = reconcile_with(&stage, &["--repair", "--confirm", "4"], &[]);
    assert_eq!((again.status, again.report["found"].as_u64()), (0, Some(0)));
}

/// Ctrl-C while the provider lists: nothing is concluded, it is said so, and the next one may begin at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reconciliation_that_is_broken_off_keeps_nobody_waiting() {
    let stage = Stage::on(Engine::Sqlite, "25.00", AT_ONCE).await;
    stage.twilio().clear_requests();
    let slow = Fault::new(FaultAction::NeverAnswer { act: false });
    stage.twilio().script(slow.on("GET", "*/IncomingPhoneNumbers.json"));
    let mut command = stage.command_with(&["reconcile", "--repair"], &[]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    stage.twilio().wait_for_request("GET", "*/IncomingPhoneNumbers.json", 1).await;
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("nothing was repaired"), "{told}");
    stage.twilio().clear_faults();
    assert_eq!(reconcile(&stage).status, 0, "the next one may begin at once");
}

/// What the schedule repairs by itself, and what it leaves to the command.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_schedule_gives_back_what_nobody_has_and_sets_nothing_up() {
    let environment = [("RECONCILE_AFTER_S", "0"), ("PASS_INTERVAL_S", "0.3")];
    let stage = Stage::on(Engine::Sqlite, "25.00", &environment).await;
    let (_, drifting) = bought(&stage, &stage.free_number(0)).await;
    stage.set_at_twilio(&drifting, &[("VoiceUrl", "")]).await;
    let (staying, _) = bought(&stage, &stage.free_number(1)).await;
    let unheard = FaultAction::Status { status: 204, retry_after_s: None };
    stage.twilio().script(Fault::new(unheard).on("DELETE", "*/IncomingPhoneNumbers/*"));
    stage.ask(reqwest::Method::DELETE, &format!("/api/numbers/{staying}/release"), None).await;
    let gone = async {
        while stage.twilio().owned().len() > 1 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), gone).await.expect("it is given back");
    let [left] = &stage.twilio().owned()[..] else { panic!("one is left") };
    assert_eq!((&*left.sid, &*left.voice_url), (drifting.as_str(), ""));
}

/// Neither the numbers that were bought since the backup, nor the one that was given back, are touched.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_backup_releases_nothing() {
    let mut stage = Stage::on(Engine::Sqlite, "25.00", AT_ONCE).await;
    let number: Vec<String> = (0..4).map(|nth| stage.free_number(nth)).collect();
    let (given_back, _) = bought(&stage, &number[0]).await;
    bought(&stage, &number[1]).await;
    stage.server.stop();
    let file = stage.folder.path().join("trunkline.db");
    let backup = stage.folder.path().join("backup.db");
    std::fs::copy(&file, &backup).unwrap();
    stage.restart();
    bought(&stage, &number[2]).await;
    bought(&stage, &number[3]).await;
    stage.ask(reqwest::Method::DELETE, &format!("/api/numbers/{given_back}/release"), None).await;
    stage.server.stop();
    for beside in ["trunkline.db-wal", "trunkline.db-shm"] {
        let _ = std::fs::remove_file(stage.folder.path().join(beside));
    }
    std::fs::copy(&backup, &file).unwrap();
    let held = stage.twilio().owned();
    stage.twilio().clear_requests();
    stage.restart();
    let repaired = repair(&stage);
    assert_eq!((repaired.status, repaired.repairs()), (1, [0, 0, 0]), "{:#}", repaired.report);
    let mut since = vec![number[2].as_str(), number[3].as_str()];
    since.sort_unstable();
    let expected = BTreeMap::from([("unknown_order", since), ("ghost", vec![number[0].as_str()])]);
    assert_eq!(repaired.by_class(), expected);
    assert_eq!(stage.twilio().owned(), held);
    let asked = stage.twilio().requests();
    assert!(asked.iter().all(|request| request.method == "GET"), "Twilio was only asked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_deployments_on_one_account_leave_each_other_alone() {
    let first = Stage::on(Engine::Sqlite, "25.00", AT_ONCE).await;
    let shared = first.simulator.url();
    let second =
        Stage::on(Engine::Sqlite, "25.00", &[("RECONCILE_AFTER_S", "0"), ("TWILIO_BASE_URL", &shared)]).await;
    let number: Vec<String> = (0..3).map(|nth| first.free_number(nth)).collect();
    bought(&first, &number[0]).await;
    bought(&second, &number[1]).await;
    let orphaned = {
        let refusal = FaultAction::Refuse { status: 400, code: 21_422, message: None };
        first.twilio().script(Fault::new(refusal).on("POST", "*/IncomingPhoneNumbers/Local.json"));
        first.buy(&number[2]).await;
        let orders = first.get("/api/orders?limit=100").await["orders"].clone();
        let order = orders.as_array().unwrap().iter().find(|o| o["phoneNumber"] == number[2]).unwrap();
        order["id"].as_str().unwrap().parse::<OrderId>().unwrap()
    };
    let ours = first.twilio().owned().into_iter().find(|owned| owned.phone_number == number[0]).unwrap();
    let deployment = Marker::find_in(&ours.friendly_name).unwrap().deployment;
    first.buy_at_twilio(&number[2], &Marker { deployment, order: orphaned }.to_string()).await;
    let held = first.twilio().owned();
    let theirs = repair(&second);
    assert_eq!((theirs.status, theirs.repairs()), (1, [0, 0, 0]));
    assert_eq!(theirs.by_class().keys().copied().collect::<Vec<_>>(), ["foreign"]);
    assert_eq!(first.twilio().owned(), held);
    let ours = repair(&first);
    assert_eq!((ours.status, ours.repairs()), (1, [1, 0, 0]), "{:#}", ours.report);
    assert_eq!(ours.by_class()["foreign"], [number[1].as_str()]);
    let left: Vec<_> = held.into_iter().filter(|owned| owned.phone_number != number[2]).collect();
    assert_eq!(first.twilio().owned(), left);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_another_account_nothing_is_gone_and_nothing_is_touched() {
    let stage = Stage::on(Engine::Sqlite, "25.00", AT_ONCE).await;
    bought(&stage, &stage.free_number(0)).await;
    let subaccount = stage.create_subaccount().await;
    let text = |field: &str| subaccount[field].as_str().unwrap().to_owned();
    let (sid, token) = (text("sid"), text("auth_token"));
    let environment = [("TWILIO_ACCOUNT_SID", sid.as_str()), ("TWILIO_AUTH_TOKEN", token.as_str())];
    let held = stage.twilio().owned();
    let other = reconcile_with(&stage, &["--repair"], &environment);
    assert_eq!((other.status, other.report["found"].as_u64()), (1, Some(0)), "{:#}", other.report);
    assert_eq!(other.report["onOtherAccounts"], 1);
    let told = stage.command_with(&["reconcile"], &environment).output().unwrap().stdout;
    let told = String::from_utf8(told).unwrap();
    assert!(told.contains("NOT EVERYTHING WAS COMPARED") && told.contains("TWILIO_ACCOUNT_SID"), "{told}");
    assert_eq!(stage.twilio().owned(), held);
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

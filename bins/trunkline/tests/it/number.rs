//! An operator decides about numbers, with the real program beside the real server: what was adopted is charged once and
//! agrees with the provider, and nothing is decided against what the provider says.

use std::fs;
use std::process::Output;

use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use trunkline_domain::{DeploymentId, OrderId};
use trunkline_provisioning::Marker;
use uuid::Uuid;

use crate::engine::Engine;
use crate::stage::{Stage, USER};

/// What was made a moment ago is judged at once, and no pass comes in between.
const AT_ONCE: &[(&str, &str)] = &[("RECONCILE_AFTER_S", "0")];

/// A command that must succeed; what it printed.
#[track_caller]
fn done(stage: &Stage, arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = stage.command(arguments);
    let (stdout, stderr) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert!(status.success(), "{arguments:?}: {stdout}{stderr}");
    stdout
}

/// A command that must fail; what it said.
#[track_caller]
fn refused(stage: &Stage, arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = stage.command(arguments);
    assert!(!status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&stdout));
    String::from_utf8(stderr).unwrap()
}

fn adopt(sid: &str) -> Vec<&str> {
    vec!["number", "adopt", sid, "--user", USER, "--reason", "ticket 7"]
}

#[track_caller]
fn assert_books_agree(stage: &Stage) {
    let told = done(stage, &["reconcile"]);
    assert!(told.contains("The books agree."), "{told}");
    done(stage, &["ledger", "verify"]);
}

/// The id of a number at the simulated Twilio.
fn sid_of(stage: &Stage, phone_number: &str) -> String {
    let owned = stage.twilio().owned();
    owned.iter().find(|owned| owned.phone_number == phone_number).unwrap().sid.clone()
}

/// A backup of before a purchase is restored: the order is made again under its own id, and paid for once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_of_a_restored_backup_is_adopted_with_its_own_order() {
    let mut stage = Stage::on(Engine::Sqlite, "25.00", AT_ONCE).await;
    let file = stage.folder.path().join("trunkline.db");
    let backup = stage.folder.path().join("backup.db");
    stage.server.stop();
    fs::copy(&file, &backup).unwrap();
    stage.restart();
    let number = stage.free_number(0);
    assert_eq!(stage.buy(&number).await.0, StatusCode::OK);
    let order = stage.get("/api/orders").await["orders"][0]["id"].clone();
    stage.server.stop();
    for lost in ["trunkline.db", "trunkline.db-wal", "trunkline.db-shm"] {
        let _ = fs::remove_file(stage.folder.path().join(lost));
    }
    fs::copy(&backup, &file).unwrap();
    stage.restart();
    assert_eq!((stage.numbers().await.len(), stage.balance().await.0.as_str()), (0, "25.00"));
    let sid = sid_of(&stage, &number);
    let shown = done(&stage, &["number", "show", &number]);
    assert!(shown.contains("not in this database") && shown.contains("trunkline number adopt"), "{shown}");

    let told = done(&stage, &adopt(&sid));
    assert!(told.contains("charged 1.50 USD") && told.contains("at the provider are right"), "{told}");
    let told = done(&stage, &adopt(&sid));
    assert!(told.contains("already") && told.contains("nothing was charged"), "{told}");
    assert_eq!(stage.balance().await, ("23.50".to_owned(), "0.00".to_owned()));
    let story = done(&stage, &["order", "show", order.as_str().unwrap()]);
    assert!(story.contains("adopted PN") && story.contains("because: ticket 7"), "{story}");
    let orders = stage.get("/api/orders").await["orders"].clone();
    assert_eq!((orders[0]["id"].clone(), orders[0]["status"].as_str()), (order, Some("completed")));
    assert_eq!(stage.numbers().await[0]["twilio_sid"], sid.as_str());
    assert_books_agree(&stage);
    let release = format!("/api/numbers/{}/release", stage.numbers().await[0]["id"].as_str().unwrap());
    assert_eq!(stage.ask(Method::DELETE, &release, None).await.0, StatusCode::OK, "it lives on as any other");
    assert_eq!(stage.twilio().owned().len(), 0);
}

/// The worst that can be said of books: somebody has deleted the row of a number that a customer has paid for. Nobody is
/// told to release it, it is sold to nobody else, and it is put back for nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_is_paid_for_and_has_no_row_is_put_back() {
    let mut stage = Stage::on(Engine::Sqlite, "25.00", AT_ONCE).await;
    let number = stage.free_number(0);
    assert_eq!(stage.buy(&number).await.0, StatusCode::OK);
    let order = stage.get("/api/orders").await["orders"][0]["id"].as_str().unwrap().to_owned();
    let before = stage.numbers().await.remove(0);
    stage.server.stop();
    let database = stage.folder.path().join("trunkline.db");
    let mut vandal =
        SqliteConnectOptions::new().filename(database).foreign_keys(false).connect().await.unwrap();
    sqlx::query("DELETE FROM business_numbers").execute(&mut vandal).await.unwrap();
    vandal.close().await.unwrap();
    stage.restart();
    let sid = sid_of(&stage, &number);
    let shown = done(&stage, &["number", "show", &sid]);
    assert!(shown.contains("do not release it") && !shown.contains("release it in the Console"), "{shown}");
    assert!(refused(&stage, &adopt(&sid)).contains("Do not release it"));
    let nobody = ["number", "adopt", &sid, "--user", "nobody", "--reason", "ticket 7"];
    assert!(refused(&stage, &nobody).contains("there is no user nobody"));

    let told = done(&stage, &[adopt(&sid), vec!["--from-order", &order]].concat());
    assert!(told.contains("nothing was charged") && told.contains("at the provider are right"), "{told}");
    let after = stage.numbers().await.remove(0);
    assert_eq!((&after["id"], &after["display_name"]), (&before["id"], &before["display_name"]));
    assert_eq!(stage.balance().await, ("23.50".to_owned(), "0.00".to_owned()));
    let story = done(&stage, &["order", "show", &order]);
    assert!(
        story.contains("is put back") && story.contains(" at the command line, because: ticket 7"),
        "{story}"
    );
    assert_books_agree(&stage);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_of_the_console_and_of_other_deployments_are_adopted_on_purpose(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::on(engine, "4.00", AT_ONCE).await;
    let [console, theirs, third] = [0, 1, 2].map(|nth| stage.free_number(nth));
    let other = DeploymentId::from_uuid(Uuid::from_u128(77));
    let marker = Marker { deployment: other, order: OrderId::from_uuid(Uuid::from_u128(7)) }.to_string();
    stage.buy_at_twilio(&console, "Head office").await;
    stage.buy_at_twilio(&theirs, &marker).await;
    stage.buy_at_twilio(&third, "too dear").await;

    let sid = sid_of(&stage, &console);
    let told = done(&stage, &adopt(&sid));
    assert!(told.contains("charged 1.50 USD") && told.contains("at the provider are set"), "{told}");
    let named = stage.twilio().owned().into_iter().find(|owned| *owned.sid == *sid).unwrap().friendly_name;
    assert!(named.starts_with("Head office tl1:"), "{named}");
    let row = stage.numbers().await.remove(0);
    assert_eq!(row["voice_url"], "https://numbers.example.com/api/voice-agent/handle-call");

    let sid = sid_of(&stage, &theirs);
    let told = refused(&stage, &adopt(&sid));
    assert!(told.contains("another Trunkline bought it") && told.contains("--from-deployment"), "{told}");
    let wrong = Uuid::from_u128(78).to_string();
    refused(&stage, &[adopt(&sid), vec!["--from-deployment", &wrong]].concat());
    assert_eq!(stage.balance().await.0, "2.50", "nothing was charged");
    let right = other.to_string();
    done(&stage, &[adopt(&sid), vec!["--from-deployment", &right]].concat());

    let told = refused(&stage, &adopt(&sid_of(&stage, &third)));
    assert!(told.contains("1.00 USD") && told.contains("Credit the wallet first"), "{told}");
    assert_eq!((stage.numbers().await.len(), stage.balance().await.0.as_str()), (2, "1.00"));
    let found = stage.command(&["reconcile", "--json"]);
    let report: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!((report["found"].as_u64(), &report["findings"][0]["class"]), (Some(1), &"foreign".into()));
    let other_user = ["number", "adopt", &sid, "--user", "somebody", "--reason", "ticket 8"];
    assert!(refused(&stage, &other_user).contains("there is no user somebody"));
    done(&stage, &["key", "create", "--user", "somebody"]);
    assert!(refused(&stage, &other_user).contains("has it already"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_is_written_off_when_twilio_does_not_have_it_and_not_before() {
    let stage = Stage::on(Engine::Sqlite, "25.00", AT_ONCE).await;
    stage.buy(&stage.free_number(0)).await;
    let number = stage.numbers().await.remove(0);
    let (id, sid) = (number["id"].as_str().unwrap(), number["twilio_sid"].as_str().unwrap());
    let write_off = ["number", "write-off", id, "--reason", "released in the console"];
    let told = refused(&stage, &write_off);
    assert!(told.contains("Nothing changed") && told.contains("still"), "{told}");
    stage.delete_at_twilio(sid).await;
    assert!(done(&stage, &["number", "show", id]).contains("trunkline number write-off"));
    let told = done(&stage, &write_off);
    assert!(told.contains("nothing was refunded"), "{told}");
    assert_eq!((stage.numbers().await.len(), stage.balance().await.0.as_str()), (0, "23.50"));
    assert!(refused(&stage, &write_off).contains("the number is released"));
    assert_books_agree(&stage);
}

/// Two releases that wait for an operator, because the numbers were moved away: the one is kept, the other given back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reviews_are_ended_by_keeping_and_by_releasing() {
    let stage = Stage::on(Engine::Sqlite, "25.00", AT_ONCE).await;
    let mut waiting = Vec::new();
    for nth in 0..2 {
        let phone_number = stage.free_number(0);
        assert_eq!(stage.buy(&phone_number).await.0, StatusCode::OK, "{nth}");
        let all = stage.numbers().await;
        let number = all.iter().find(|number| number["phone_number"] == phone_number.as_str()).unwrap();
        let text = |field: &str| number[field].as_str().unwrap().to_owned();
        let (id, sid) = (text("id"), text("twilio_sid"));
        let account = stage.move_to_subaccount(&sid).await;
        let release = format!("/api/numbers/{id}/release");
        assert_eq!(stage.ask(Method::DELETE, &release, None).await.0, StatusCode::ACCEPTED);
        waiting.push((id, sid, account));
    }
    let listed = done(&stage, &["number", "list", "--review"]);
    assert_eq!(listed.lines().filter(|line| line.contains("review")).count(), 2, "{listed}");
    let [(kept, kept_sid, kept_account), (given_back, its_sid, its_account)] = &waiting[..] else {
        panic!("two")
    };
    let keep = ["number", "keep", kept, "--reason", "they want it back"];
    assert!(refused(&stage, &keep).contains("does not have"), "it is in the other account");
    let write_off = ["number", "write-off", kept, "--reason", "moved"];
    assert!(refused(&stage, &write_off).contains("--moved"));
    stage.move_back(kept_account, kept_sid).await;
    assert!(done(&stage, &keep).contains("active"));
    assert!(refused(&stage, &keep).contains("the number is active"));

    let release = ["number", "release", its_sid, "--reason", "it is back"];
    let told = refused(&stage, &release);
    assert!(told.contains("transferred_away"), "{told}");
    stage.move_back(its_account, its_sid).await;
    assert!(done(&stage, &release).contains("released"));
    let left = stage.numbers().await;
    assert_eq!((left.len(), left[0]["id"].as_str()), (1, Some(kept.as_str())), "not {given_back}");
    assert_eq!(stage.twilio().owned().len(), 1);
    assert_books_agree(&stage);
}

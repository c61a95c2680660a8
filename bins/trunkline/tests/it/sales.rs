//! The runway and the switch, with the real program: a balance that is drained at the simulated Twilio stops sales before
//! anything is held and nothing else, and a top-up starts them again; and the operator's commands.

use std::process::Output;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::Value;
use trunkline_twilio_sim::{Cents, Fault, FaultAction};

use crate::engine::Engine;
use crate::stage::{ACCOUNT_SID, Stage};

/// How long anything may take to come true.
const PATIENCE: Duration = Duration::from_secs(20);

const WATCHED: [(&str, &str); 2] = [("BALANCE_FLOOR", "20.00"), ("BALANCE_CHECK_INTERVAL_S", "0.05")];

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap().trim().to_owned()
}

fn sales(stage: &Stage, arguments: &[&str]) -> String {
    said(&stage.command(&[&["sales"], arguments].concat()))
}

fn status(stage: &Stage) -> Value {
    serde_json::from_str(&sales(stage, &["status", "--json"])).unwrap()
}

/// Waits until the server has said this so often.
async fn wait_for_line(stage: &Stage, line: &str, count: usize) {
    let waiting = async {
        while stage.server.log().matches(line).count() < count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(in_time.is_ok(), "{line}:\n{}", stage.server.log());
}

/// How often Twilio was asked for the balance.
fn looks(stage: &Stage) -> usize {
    stage.twilio().requests().iter().filter(|request| request.path.ends_with("/Balance.json")).count()
}

/// Waits until the server has looked twice from now on: the second look began after this was called.
async fn wait_for_looks(stage: &Stage) {
    let enough = looks(stage) + 2;
    let waiting = async {
        while looks(stage) < enough {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "{}", stage.server.log());
}

fn assert_paused(status: StatusCode, answer: &Value) {
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{answer}");
    assert_eq!(
        (answer["code"].as_str(), answer["charged"].as_str()),
        (Some("SALES_PAUSED"), Some("no")),
        "{answer}"
    );
    assert!(!answer.to_string().contains("balance"), "{answer}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drained_balance_stops_sales_and_nothing_else_until_it_is_topped_up(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::on(engine, "25.00", &WATCHED).await;
    let (status_code, answer) = stage.buy(&stage.free_number(0)).await;
    assert_eq!(status_code, StatusCode::OK, "{answer}");
    let bought = stage.numbers().await[0]["id"].as_str().unwrap().to_owned();
    let (seen, money) = (stage.purchases_seen(), stage.balance().await);

    stage.twilio().drain_balance(ACCOUNT_SID, Cents(1_999)).unwrap();
    wait_for_line(&stage, "balance_low", 1).await;
    let number = stage.free_number(1);
    let (refused, answer) = stage.buy_with_key(&number, "key-1").await;
    assert_paused(refused, &answer);
    assert_eq!(stage.purchases_seen(), seen, "Twilio has seen nothing");
    assert_eq!(stage.balance().await, money, "nothing is held");
    assert_eq!(stage.get("/api/orders?limit=100").await["orders"].as_array().unwrap().len(), 1);
    let told = sales(&stage, &["status"]);
    assert!(told.starts_with("SALES ARE PAUSED since "), "{told}");
    assert!(
        told.contains("19.99 USD at Twilio, less 0.00 USD of coming fees, is below the floor of 20.00 USD"),
        "{told}"
    );

    let (given_back, _) = stage.ask(Method::DELETE, &format!("/api/numbers/{bought}/release"), None).await;
    assert_eq!(given_back, StatusCode::OK, "releases go on");
    wait_for_looks(&stage).await;
    assert_eq!(stage.server.log().matches("balance_low").count(), 1, "{}", stage.server.log());

    stage.twilio().refill_balance(ACCOUNT_SID, Cents(5_000)).unwrap();
    wait_for_line(&stage, "sales are no longer paused", 1).await;
    let (again, answer) = stage.buy_with_key(&number, "key-1").await;
    assert_eq!(again, StatusCode::OK, "the key was not used up: {answer}");
    assert_eq!(stage.purchases_seen(), seen + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_balance_that_cannot_be_read_raises_an_alarm_and_sales_go_on() {
    let stage = Stage::with("25.00", &WATCHED).await;
    let down = Fault::new(FaultAction::Status { status: 503, retry_after_s: None });
    stage.twilio().script(down.on("GET", "*/Balance.json").forever());
    wait_for_line(&stage, "balance_unreadable", 1).await;
    let (status_code, answer) = stage.buy(&stage.free_number(0)).await;
    assert_eq!(status_code, StatusCode::OK, "{answer}");
    let told = sales(&stage, &["status"]);
    assert!(told.starts_with("Sales are open.\nbalance       not known: "), "{told}");
    assert!(told.contains("1 purchase, without a limit"), "{told}");
    assert!(!stage.server.log().contains("balance_low"), "{}", stage.server.log());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_stops_and_starts_sales(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stage = Stage::on(engine, "25.00", &[("PURCHASES_PER_DAY", "2")]).await;
    let (open, _) = stage.buy(&stage.free_number(0)).await;
    assert_eq!(open, StatusCode::OK);
    assert!(!stage.command(&["sales", "stop"]).status.success(), "a reason is asked for");
    assert!(!stage.command(&["sales", "stop", "--reason", " "]).status.success());
    assert!(sales(&stage, &["stop", "--reason", "card fraud"]).starts_with("Sales are stopped."));
    let (stopped, answer) = stage.buy(&stage.free_number(1)).await;
    assert_paused(stopped, &answer);
    let told = sales(&stage, &["stop", "--reason", "again"]);
    assert!(told.contains(" at the command line since ") && told.ends_with(": card fraud"), "{told}");
    let state = status(&stage);
    assert_eq!((&state["open"], &state["stop"]["reason"]), (&Value::from(false), &Value::from("card fraud")));
    assert_eq!((&state["purchasesToday"], &state["purchasesPerDay"]), (&Value::from(1), &Value::from(2)));
    assert_eq!(state["balance"]["currency"], "USD");

    assert!(!stage.command(&["sales", "start"]).status.success(), "a reason is asked for");
    let start = ["start", "--reason", "cards are checked"];
    assert_eq!(sales(&stage, &start), "The stop is over.\nSales are open.");
    assert!(sales(&stage, &start).starts_with("Nobody had stopped sales"));
    let (open, _) = stage.buy(&stage.free_number(1)).await;
    assert_eq!(open, StatusCode::OK);
    let (capped, answer) = stage.buy(&stage.free_number(2)).await;
    assert_paused(capped, &answer);
    let told = sales(&stage, &["status"]);
    assert!(told.starts_with("SALES ARE PAUSED until midnight (UTC)"), "{told}");
    assert!(told.contains("there is no floor") && told.ends_with("2 purchases, of 2 at most"), "{told}");
    assert_eq!(stage.purchases_seen(), 2);
}

//! A second operator, with the real program: a credit above the sum waits, whoever asked cannot approve it, another one can,
//! over HTTP or on the command line, and the money moves once.

use std::process::Output;

use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::stage::{Stage, USER};

const ABOVE: [(&str, &str); 1] = [("APPROVAL_ABOVE", "50.00 USD")];

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

fn run_as(stage: &Stage, login: &str, arguments: &[&str]) -> Output {
    let mut command = stage.command_with(arguments, &[("USER", login)]);
    command.env_remove("SUDO_USER").output().unwrap()
}

fn waiting(stage: &Stage) -> Vec<Value> {
    let list = run_as(stage, "bob", &["approval", "list", "--json"]);
    assert!(list.status.success(), "{}", text(&list.stderr));
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    list["approvals"].as_array().unwrap().clone()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_above_the_sum_waits_for_another_operator(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::on(engine, "25.00", &ABOVE).await;
    let credit = ["wallet", "credit", USER, "60", "USD", "--reason", "bank transfer", "--key", "bank-1"];
    for _ in 0..2 {
        let asked = run_as(&stage, "eve", &credit);
        let said = text(&asked.stdout);
        assert_eq!(asked.status.code(), Some(3), "{said} {}", text(&asked.stderr));
        assert!(said.contains("no money moved") && said.contains("trunkline approval approve"), "{said}");
    }
    assert_eq!(stage.balance().await.0, "25.00");
    let list = waiting(&stage);
    assert_eq!(list.len(), 1, "{list:?}");
    let id = list[0]["id"].as_str().unwrap().to_owned();
    let decide =
        |login: &str, what: &str| run_as(&stage, login, &["approval", what, &id, "--reason", "statement"]);

    let own = decide("eve", "approve");
    let said = text(&own.stderr);
    assert!(
        !own.status.success() && said.contains("no money moved") && said.contains("another operator"),
        "{said}"
    );
    let (status, answer) = stage.ask(Method::GET, "/api/operator/approvals", None).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{answer}");

    let made = run_as(&stage, "root", &["key", "create", "--operator"]);
    let operator = text(&made.stdout).lines().find(|line| line.starts_with("tl_")).unwrap().to_owned();
    let path = format!("/api/operator/approvals/{id}/approve");
    let body = json!({ "reason": "seen on the statement" });
    let (status, answer) = stage.ask_as(&operator, Method::POST, &path, Some(body)).await;
    assert_eq!((status, &answer["approval"]["status"]), (StatusCode::OK, &json!("approved")), "{answer}");
    let again = decide("bob", "approve");
    assert!(
        again.status.success() && text(&again.stdout).contains("approved before"),
        "{}",
        text(&again.stderr)
    );
    let late = decide("bob", "reject");
    assert!(!late.status.success() && text(&late.stderr).contains("has moved"), "{}", text(&late.stderr));
    let repeat = run_as(&stage, "eve", &credit);
    assert!(
        repeat.status.success() && text(&repeat.stdout).contains("it was before"),
        "{}",
        text(&repeat.stdout)
    );
    assert_eq!(stage.balance().await.0, "85.00");
    assert_eq!(waiting(&stage), Vec::<Value>::new());
    let shown = text(&run_as(&stage, "bob", &["approval", "show", &id]).stdout);
    assert!(shown.contains("eve at the command line") && shown.contains("seen on the statement"), "{shown}");

    // The customer reads that it was credited and why, and nobody's name.
    let trail = stage.get("/api/audit").await.to_string();
    assert!(trail.contains("approval.approve") && trail.contains("wallet.credit"), "{trail}");
    for word in ["eve", "statement", "askedBy"] {
        assert!(!trail.contains(word), "{word} is in {trail}");
    }
    let verified = stage.command(&["ledger", "verify"]);
    assert!(verified.status.success(), "{}", text(&verified.stdout));
}

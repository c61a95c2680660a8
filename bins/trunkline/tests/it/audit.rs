//! The audit trail, as an operator at the machine and a customer over HTTP read it.

use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::stage::{Stage, USER};

/// The output of a command that succeeds: its answer, and what it remarks.
fn told(stage: &Stage, arguments: &[&str]) -> (String, String) {
    let output = stage.command(&[&["audit"], arguments].concat());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (answer, remarks) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{remarks}");
    (answer, remarks)
}

/// A business that is renamed, and a wallet that is corrected twice: once without a reason, which does nothing.
async fn live(stage: &Stage) -> String {
    let business = json!({ "name": "=Corner Bakery" });
    let (made, business) = stage.ask(Method::POST, "/api/businesses", Some(business)).await;
    assert_eq!(made, StatusCode::CREATED, "{business}");
    let id = business["business"]["id"].as_str().unwrap().to_owned();
    let renamed = json!({ "name": "Bakery" });
    let (changed, _) = stage.ask(Method::PATCH, &format!("/api/businesses/{id}"), Some(renamed)).await;
    assert_eq!(changed, StatusCode::OK);
    let path = "/api/operator/wallet/adjustments";
    let adjustment = json!({ "userId": USER, "amount": -5, "currency": "USD" });
    let (refused, _) = stage.ask_as(&stage.operator, Method::POST, path, Some(adjustment.clone())).await;
    assert_eq!(refused, StatusCode::BAD_REQUEST, "a correction has a reason");
    let mut reasoned = adjustment;
    reasoned["reason"] = "case 118".into();
    let (adjusted, _) = stage.ask_as(&stage.operator, Method::POST, path, Some(reasoned)).await;
    assert_eq!(adjusted, StatusCode::CREATED);
    id
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_done_is_read_by_whom_it_concerns(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::on(engine, "25.00", &[]).await;
    let business = live(&stage).await;

    let theirs = stage.get("/api/audit").await;
    let lines = theirs["lines"].as_array().unwrap();
    let actions: Vec<&str> = lines.iter().map(|line| line["action"].as_str().unwrap()).collect();
    assert_eq!(actions[..3], ["wallet.adjust", "business.update", "business.create"], "{theirs}");
    assert_eq!(lines[0]["actor"], json!({ "kind": "operator" }));
    assert_eq!((&lines[0]["reason"], &lines[0]["details"]), (&Value::Null, &Value::Null));
    let details = json!({
        "before": { "name": "=Corner Bakery", "timeZone": null },
        "after": { "name": "Bakery", "timeZone": null },
    });
    assert_eq!((&lines[1]["details"], &lines[1]["subject"]), (&details, &json!(business)));
    assert_eq!((&lines[1]["actor"]["kind"], &lines[1]["actor"]["userId"]), (&json!("user"), &json!(USER)));
    assert!(lines[1]["requestId"].is_string());
    assert_eq!((&lines[1]["address"], &lines[0]["address"]), (&json!("127.0.0.1"), &Value::Null));
    let last = lines.last().unwrap()["at"].as_str().unwrap();
    assert_eq!(stage.get(&format!("/api/audit?to={last}")).await["lines"], json!([]));

    let path = format!("/api/audit?userId={USER}&action=wallet&limit=1");
    let (_, first) = stage.ask_as(&stage.operator, Method::GET, &path, None).await;
    assert_eq!(first["lines"][0]["reason"], "case 118", "{first}");
    assert!(first["lines"][0]["actor"]["keyId"].is_string());
    assert_eq!(first["lines"][0]["address"], "127.0.0.1");
    let next = format!("{path}&cursor={}", first["nextCursor"].as_str().unwrap());
    let (_, second) = stage.ask_as(&stage.operator, Method::GET, &next, None).await;
    assert_eq!(
        (&second["lines"][0]["action"], &second["nextCursor"]),
        (&json!("wallet.credit"), &Value::Null)
    );

    let (text, remarks) = told(&stage, &["--user", USER, "--action", "business", "--limit", "1"]);
    assert!(
        text.contains(&format!("business.update  {business}  of {USER}  by user {USER} with key "))
            && text.contains("  from 127.0.0.1  request "),
        "{text}"
    );
    assert!(text.contains("=Corner Bakery") && text.lines().count() == 2, "{text}");
    assert!(remarks.contains("only the newest 1"), "{remarks}");
    let (text, _) = told(&stage, &["--action", "wallet.adjust", "--from", "1h", "--json"]);
    let line: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&line["reason"], &line["actor"]["kind"]), (&json!("case 118"), &json!("operator")));
    assert!(told(&stage, &["--to", "1h"]).0.contains("there are no such lines"));

    let (file, remarks) = told(&stage, &["--csv"]);
    assert!(file.starts_with("\"id\",\"at\",\"actor\"") && remarks.is_empty(), "{file} {remarks}");
    assert_eq!(file.matches("\"wallet.adjust\"").count(), 1);
    let (cut, remarks) = told(&stage, &["--csv", "--limit", "2"]);
    assert!(cut.lines().count() == 4 && cut.lines().last().unwrap().contains("NOT COMPLETE"), "{cut}");
    assert!(remarks.contains("not complete"), "{remarks}");
}

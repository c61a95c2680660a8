//! The file of requests and answers.

use reqwest::Method;
use serde_json::Value;
use trunkline_twilio_sim::{Fault, FaultAction, SimulatorConfig, SimulatorError};

use crate::bench::{ACCOUNT, Bench, TOKEN, reply};

fn config(path: std::path::PathBuf) -> SimulatorConfig {
    let mut config = SimulatorConfig::new(ACCOUNT, TOKEN);
    config.record_file = Some(path);
    config
}

#[tokio::test]
async fn requests_are_appended_with_their_answers_and_without_credentials() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("exchanges.jsonl");
    let bench = Bench::with(config(path.clone())).await;
    let number = bench.any_number().await;
    bench.buy(&number).await;
    let second = Bench::with(config(path.clone())).await;
    let made = reply(second.request_as(ACCOUNT, TOKEN, Method::POST, "/2010-04-01/Accounts.json")).await;
    second.admin.script(Fault::new(FaultAction::ResetBeforeActing));
    second.request(Method::GET, "/Balance.json").send().await.unwrap_err();

    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["request"]["query"], "PageSize=1");
    let form = format!("PhoneNumber={}", number.replace('+', "%2B"));
    assert_eq!(
        (&lines[1]["request"]["method"], &lines[1]["request"]["body"]),
        (&"POST".into(), &form.into())
    );
    assert_eq!(lines[1]["answer"]["status"], 201);
    let body: Value = serde_json::from_str(lines[1]["answer"]["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["phone_number"], number.as_str());
    assert_eq!((&lines[3]["answer"], &lines[3]["request"]["scripted"]), (&Value::Null, &true.into()));
    let token = made.body["auth_token"].as_str().unwrap();
    assert!(!text.contains(TOKEN) && !text.contains(token), "a password was written");
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path().join("no/folder/exchanges.jsonl"));
    let error = trunkline_twilio_sim::Simulator::start(([127, 0, 0, 1], 0).into(), config).await.unwrap_err();
    assert!(matches!(error, SimulatorError::RecordFile { .. }), "{error}");
}

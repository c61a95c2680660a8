//! A running server: told to stop in mid-purchase, told to read its prices again, and the pass that it makes.

use std::time::Duration;

use nix::sys::signal::Signal;
use reqwest::{Method, StatusCode};
use rstest::rstest;
use trunkline_domain::PriceBook;
use trunkline_twilio_sim::{Acting, Fault, FaultAction};

use crate::engine::Engine;
use crate::stage::{SCALED, Stage};

const PURCHASE: &str = "*/IncomingPhoneNumbers/Local.json";

/// How long anything may take to come true.
const PATIENCE: Duration = Duration::from_secs(20);

#[rstest]
#[tokio::test]
async fn a_server_that_is_told_to_stop_finishes_the_purchase_first(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mut stage = Stage::on(engine, "25.00", &[]).await;
    let twilio = stage.twilio();
    twilio.script(Fault::new(FaultAction::Delay { ms: 700, act: Acting::Later }).on("POST", PURCHASE));
    let number = stage.free_number(0);
    let stopping = async {
        twilio.wait_for_request("POST", PURCHASE, 1).await;
        stage.server.signal(Signal::SIGTERM);
    };
    let ((status, answer), ()) = tokio::join!(stage.buy(&number), stopping);
    assert_eq!(status, StatusCode::OK, "{answer}");
    stage.server.stop();
    stage.restart();
    assert_eq!(stage.numbers().await.len(), 1);
    assert_eq!(stage.balance().await, ("23.50".to_owned(), "0.00".to_owned()));
}

#[tokio::test]
async fn prices_are_read_again_at_a_hangup_and_a_bad_file_changes_nothing() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let write = |text: &str| std::fs::write(file.path(), text).unwrap();
    write(PriceBook::embedded_text());
    let stage = Stage::with("0", &[("PRICE_FILE", file.path().to_str().unwrap())]).await;
    let prices = async || stage.get("/api/pricing").await["prices"].clone();
    let until_log = async |words: &str| {
        let said = async {
            while !stage.server.log().contains(words) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, said).await.unwrap();
    };
    assert_eq!(prices().await.as_array().unwrap().len(), 9);

    write("[IN.local]\nmonthly = { INR = \"250\" }\n");
    stage.server.signal(Signal::SIGHUP);
    until_log("prices read again").await;
    let only = prices().await;
    assert_eq!(only[0]["countryCode"], "IN");
    assert_eq!(only[0]["monthlyCost"].to_string(), "250.00");

    write("[IN.local]\nmonthly = { INR = 250 }\n");
    stage.server.signal(Signal::SIGHUP);
    until_log("the prices stay as they are").await;
    assert_eq!(prices().await, only);
}

#[rstest]
#[tokio::test]
async fn a_purchase_that_arrives_after_it_was_given_up_is_released(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::on(engine, "25.00", &SCALED).await;
    let twilio = stage.twilio();
    let long_after = FaultAction::Delay { ms: 6_000, act: Acting::Later };
    twilio.script(Fault::new(long_after).on("POST", PURCHASE));
    let number = stage.free_number(0);
    let (status, answer) = stage.buy(&number).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    let order = stage.wait_for_order(answer["order"]["id"].as_str().unwrap(), "failed").await;
    assert_eq!(order["charged"], "no");
    let (status, answer) = stage.buy(&number).await;
    assert_eq!(status, StatusCode::GONE, "the number cools down: {answer}");

    tokio::time::timeout(PATIENCE, twilio.wait_for_owned(1)).await.unwrap();
    let released = twilio.wait_for_request("DELETE", "*/IncomingPhoneNumbers/*.json", 1);
    tokio::time::timeout(PATIENCE, released).await.unwrap();
    let gone = async {
        while !twilio.owned().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.unwrap();
    assert_eq!(stage.balance().await, ("25.00".to_owned(), "0.00".to_owned()));
    let (status, _) = stage.ask(Method::GET, "/api/numbers", None).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(stage.numbers().await.len(), 0);
}

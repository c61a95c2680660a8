//! Clients that hang up in the middle of a write. The server drops what it was doing for them: each effect that was
//! acknowledged is there, and each other one is there whole or not at all.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::engine::Engine;
use crate::stage::{Stage, USER};

const REQUESTS: u32 = 200;

/// A credit under a key of its own. Nobody else pays in as many dollars.
async fn credit(stage: &Stage, nth: u32) -> (StatusCode, Value) {
    let body = json!({ "userId": USER, "amount": "1.00", "currency": "USD", "reason": reason(nth) });
    let key = format!("credit-{nth:04}");
    let (path, headers) = ("/api/wallet/credits", [("Idempotency-Key", key.as_str())]);
    stage.ask_with(&stage.operator, Method::POST, path, Some(body), &headers).await
}

fn reason(nth: u32) -> String {
    format!("payment {nth}")
}

/// The payments that the wallet shows, oldest last. Each must be of one dollar.
async fn payments(stage: &Stage) -> Vec<String> {
    let mut all = Vec::new();
    let mut page = stage.get("/api/wallet/transactions?limit=100").await;
    loop {
        let transactions = page["transactions"].as_array().unwrap();
        for transaction in transactions {
            assert_eq!(transaction["amount"].to_string(), "1.00");
            all.push(transaction["description"].as_str().unwrap().to_owned());
        }
        let Some(cursor) = page["nextCursor"].as_str() else { return all };
        page = stage.get(&format!("/api/wallet/transactions?limit=100&cursor={cursor}")).await;
    }
}

#[rstest]
#[tokio::test]
async fn two_hundred_writes_are_each_whole_or_absent(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::on(engine, "0", &[]).await;
    let began = Instant::now();
    assert_eq!(credit(&stage, 0).await.0, StatusCode::CREATED);
    let longest = began.elapsed();

    // Hangs up at moments that are spread over the time that a whole request takes, and somewhat beyond.
    let mut acknowledged = BTreeSet::from([reason(0)]);
    for nth in 1..REQUESTS {
        let patience = (longest * (nth % 40) / 32).max(Duration::from_micros(50));
        if let Ok((status, answer)) = timeout(patience, credit(&stage, nth)).await {
            assert_eq!(status, StatusCode::CREATED, "{answer}");
            acknowledged.insert(reason(nth));
        }
    }
    let there = payments(&stage).await;
    let distinct: BTreeSet<_> = there.iter().cloned().collect();
    assert_eq!(distinct.len(), there.len(), "none is there twice");
    assert!(distinct.is_superset(&acknowledged), "what was acknowledged is there");
    println!("{} acknowledged, {} there", acknowledged.len(), there.len());
    assert!(acknowledged.len() < REQUESTS as usize, "some hang up before they hear");

    // Under its key each one is paid once, whether it was there or not.
    for nth in 0..REQUESTS {
        let (status, _) = credit(&stage, nth).await;
        // What came in after the list was read is a repeat, too.
        let is_fit =
            status == StatusCode::OK || !distinct.contains(&reason(nth)) && status == StatusCode::CREATED;
        assert!(is_fit, "payment {nth}: {status}");
    }
    assert_eq!(payments(&stage).await.len(), REQUESTS as usize);
    assert_eq!(stage.balance().await, ("200.00".to_owned(), "0.00".to_owned()));
    let verdict = stage.command(&["ledger", "verify"]);
    assert!(verdict.status.success(), "{}", String::from_utf8_lossy(&verdict.stdout));
}

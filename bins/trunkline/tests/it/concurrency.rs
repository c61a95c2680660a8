//! Many at once: the wallet, the claim and the idempotency key each let exactly as many through as they should.

use std::collections::HashMap;

use futures::future::join_all;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;

use crate::engine::Engine;
use crate::stage::{Stage, purchase_body};

fn by_status(answers: &[(StatusCode, Value)]) -> HashMap<u16, usize> {
    let mut counts = HashMap::new();
    for (status, _) in answers {
        *counts.entry(status.as_u16()).or_default() += 1;
    }
    counts
}

#[rstest]
#[tokio::test]
async fn twenty_numbers_with_money_for_seven(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stage = Stage::on(engine, "10.50", &[]).await;
    let numbers: Vec<String> = (0..20).map(|nth| stage.free_number(nth)).collect();
    let answers = join_all(numbers.iter().map(|number| stage.buy(number))).await;
    assert_eq!(by_status(&answers), HashMap::from([(200, 7), (402, 13)]));
    assert_eq!(stage.numbers().await.len(), 7);
    assert_eq!(stage.twilio().owned().len(), 7);
    assert_eq!(stage.balance().await, ("0.00".to_owned(), "0.00".to_owned()));
    let debits = stage.transactions().await;
    let charges = debits.iter().filter(|t| t["type"] == "debit" && t["status"] == "completed").count();
    assert_eq!(charges, 7);
}

#[rstest]
#[tokio::test]
async fn one_number_wanted_twenty_times(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stage = Stage::on(engine, "100.00", &[]).await;
    let number = stage.free_number(0);
    let answers = join_all((0..20).map(|_| stage.buy(&number))).await;
    assert_eq!(by_status(&answers), HashMap::from([(200, 1), (409, 19)]));
    for (_, answer) in answers.iter().filter(|(status, _)| *status == StatusCode::CONFLICT) {
        assert_eq!(answer["code"], "NUMBER_ALREADY_EXISTS");
        assert!(answer["orderId"].is_string() || answer["numberId"].is_string(), "{answer}");
    }
    assert_eq!(stage.purchases_seen(), 1);
    assert_eq!(stage.balance().await, ("98.50".to_owned(), "0.00".to_owned()));
}

#[rstest]
#[tokio::test]
async fn one_key_repeated_eight_times(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stage = Stage::on(engine, "25.00", &[]).await;
    let number = stage.free_number(0);
    let answers = join_all((0..8).map(|_| stage.buy_with_key(&number, "the-same-key"))).await;
    for answer in &answers {
        assert_eq!(answer, &answers[0]);
        assert_eq!(answer.0, StatusCode::OK);
    }
    assert_eq!(stage.numbers().await.len(), 1);
    assert_eq!(stage.purchases_seen(), 1);
    assert_eq!(stage.balance().await, ("23.50".to_owned(), "0.00".to_owned()));

    let other = stage.buy_with_key(&stage.free_number(1), "the-same-key").await;
    assert_eq!((other.0.as_u16(), other.1["code"].as_str()), (422, Some("IDEMPOTENCY_KEY_REUSED")));
    let mut renamed = purchase_body(&number);
    renamed["displayName"] = "Another name".into();
    let user = stage.user.clone();
    let (status, _) = stage
        .ask_with(
            &user,
            reqwest::Method::POST,
            "/api/numbers/purchase",
            Some(renamed),
            &[("Idempotency-Key", "the-same-key")],
        )
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}

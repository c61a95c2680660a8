//! Balances, histories, credits.

use axum::http::StatusCode;
use insta::assert_snapshot;
use rstest::rstest;
use serde_json::Value;
use trunkline_domain::{Currency, Fingerprint, Money, RequestKey, RequestOperation, TransferId};
use trunkline_wallet::{
    Balance, CreditAnswer, Transaction, TransactionDirection, TransactionPage, TransactionStatus,
    WalletStanding, WalletStoreError,
};
use uuid::Uuid;

use crate::sample::{ann, at, number, order, usd};
use crate::world::{Call, Key, World};

const CREDIT: &str = r#"{"userId": "ann", "amount": 25.00, "currency": "usd", "reason": "Welcome"}"#;

fn balance() -> Balance {
    Balance { posted: usd("25"), held: usd("1.50"), updated_at: Some(at(3)) }
}

fn transfer() -> TransferId {
    TransferId::from_uuid(Uuid::from_u64_pair(5, 5))
}

fn with_dollars() -> World {
    let mut world = World::new();
    world.wallets.expect_balance().returning(|user, currency| {
        assert_eq!(*user, ann());
        Ok((currency == Currency::USD).then(balance))
    });
    world.wallets.expect_debt().returning(|_, currency| Ok(Money::zero(currency)));
    world
}

#[tokio::test]
async fn a_balance_is_what_can_be_spent_and_what_is_held() {
    let dollars = with_dollars().answer(Call::get("/api/wallet/balance").key(Key::Ann)).await;
    let nothing = with_dollars().answer(Call::get("/api/wallet/balance?currency=gbp").key(Key::Ann)).await;
    assert_snapshot!([dollars, nothing].map(|answer| answer.picture()).join("\n\n---\n\n"));
}

#[tokio::test]
async fn an_operator_has_to_say_whose_wallet() {
    let nobodys = World::new().answer(Call::get("/api/wallet/balance").key(Key::Operator)).await;
    assert_eq!(nobodys.code(), "VALIDATION_FAILED");
    let anns = with_dollars().answer(Call::get("/api/wallet/balance?userId=ann").key(Key::Operator)).await;
    assert_eq!(anns.status, StatusCode::OK);
}

#[tokio::test]
async fn a_currency_that_does_not_exist_is_named() {
    let answer = World::new().answer(Call::get("/api/wallet/balance?currency=XXQ").key(Key::Ann)).await;
    assert_eq!(answer.fields(), ["currency"]);
}

#[tokio::test]
async fn every_wallet_is_listed_with_what_is_owed() {
    let mut world = World::new();
    world.wallets.expect_wallets().returning(|user| {
        assert_eq!(*user, ann());
        let rupees = Balance::empty(Currency::INR);
        let debt = Money::parse("3.25", Currency::INR).unwrap();
        Ok(vec![
            WalletStanding { balance: rupees, debt },
            WalletStanding { balance: balance(), debt: usd("0") },
        ])
    });
    let answer = world.answer(Call::get("/api/wallets").key(Key::Ann)).await;
    let expected = format!(
        r#"{{"success": true, "wallets": [
            {{"currency": "INR", "available": 0.00, "held": 0.00, "debt": 3.25, "updatedAt": null}},
            {{"currency": "USD", "available": 23.50, "held": 1.50, "debt": 0.00, "updatedAt": {}}}
        ]}}"#,
        serde_json::to_string(&at(3)).unwrap()
    );
    assert_eq!(answer.json(), serde_json::from_str::<Value>(&expected).unwrap());
}

/// Two lines in two currencies, one in and one out.
fn two_lines() -> [Transaction; 2] {
    let debit = Transaction {
        id: order().hold,
        date: at(1),
        direction: TransactionDirection::Debit,
        amount: usd("1.5"),
        description: "Number +14152300101".to_owned(),
        status: TransactionStatus::Completed,
        number: Some(number().id),
    };
    let credit = Transaction {
        id: transfer(),
        date: at(0),
        direction: TransactionDirection::Credit,
        amount: Money::parse("0.0085", Currency::INR).unwrap(),
        description: "Welcome".to_owned(),
        status: TransactionStatus::Completed,
        number: None,
    };
    [debit, credit]
}

fn with_two_lines() -> World {
    let mut world = World::new();
    world
        .wallets
        .expect_transactions()
        .returning(|_, _, _| Ok(TransactionPage { transactions: two_lines().into(), next: None }));
    world
}

#[rstest]
#[case("currency=inr", &["credit"])]
#[case("type=debit", &["debit"])]
#[case("status=completed", &["debit", "credit"])]
#[case("status=pending", &[])]
#[case("type=debit&currency=INR", &[])]
#[tokio::test]
async fn the_lines_that_are_asked_for_are_listed(#[case] query: &str, #[case] expected: &[&str]) {
    let path = format!("/api/wallet/transactions?{query}");
    let listed = with_two_lines().answer(Call::get(&path).key(Key::Ann)).await.json();
    let lines = listed["transactions"].as_array().unwrap().iter();
    assert_eq!(lines.map(|line| line["type"].as_str().unwrap()).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_history_comes_as_a_file() {
    let call = Call::get("/api/wallet/transactions?type=debit").key(Key::Ann).header("accept", "text/csv");
    let file = with_two_lines().answer(call).await;
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"transactions.csv\""));
    let lines: Vec<&str> = file.body.split("\r\n").collect();
    assert_eq!(lines.len(), 3, "{}", file.body);
    assert!(lines[1].contains(r#""debit","Number +14152300101","completed","1.50","USD""#), "{}", lines[1]);
    for wrong in ["format=csv&limit=2", "format=pdf", "type=both", "status=lost"] {
        let path = format!("/api/wallet/transactions?{wrong}");
        let refused = World::new().answer(Call::get(&path).key(Key::Ann)).await;
        assert_eq!(refused.code(), "VALIDATION_FAILED", "{wrong}");
    }
}

#[tokio::test]
async fn a_history_reads_as_lines() {
    let mut world = World::new();
    world.wallets.expect_transactions().times(1).return_once(|_, after, limit| {
        assert_eq!((after, limit), (Some(transfer()), 2));
        Ok(TransactionPage { transactions: two_lines().into(), next: Some(transfer()) })
    });
    let path = format!("/api/wallet/transactions?cursor={}&limit=2", transfer());
    assert_snapshot!(world.answer(Call::get(&path).key(Key::Ann)).await.picture());
}

#[tokio::test]
async fn a_credit_is_posted_once_per_key() {
    let mut world = World::new();
    let expected = || {
        let fingerprint = Fingerprint::of(&["25.00", "USD", "Welcome"]);
        RequestKey::new(ann(), RequestOperation::Credit, "key-1", fingerprint).unwrap()
    };
    world.wallets.expect_credit().times(1).return_once(move |change| {
        assert_eq!(change.request, Some(expected()));
        Ok(CreditAnswer::Posted { transfer: transfer(), balance: balance() })
    });
    world
        .wallets
        .expect_credit()
        .times(1)
        .return_once(|_| Ok(CreditAnswer::Repeated { transfer: transfer(), balance: balance() }));
    let router = world.router();
    let call =
        || Call::post("/api/wallet/credits", CREDIT).key(Key::Operator).header("Idempotency-Key", "key-1");
    let (first, again) = (call().to(router.clone()).await, call().to(router).await);
    assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::OK));
    assert_eq!(first.body, again.body);
    assert_snapshot!(first.picture());
}

#[rstest]
#[case("{}", &["userId", "currency", "amount", "reason"])]
#[case(r#"{"userId": "ann", "amount": 0, "currency": "USD", "reason": "r"}"#, &["amount"])]
#[case(r#"{"userId": "ann", "amount": -1, "currency": "USD", "reason": "r"}"#, &["amount"])]
#[case(r#"{"userId": "ann", "amount": 1e30, "currency": "USD", "reason": "r"}"#, &["amount"])]
#[case(r#"{"userId": "ann", "amount": true, "currency": "USD", "reason": "r"}"#, &["amount"])]
#[case(r#"{"userId": "ann", "amount": 1, "currency": "dollars", "reason": "r"}"#, &["currency"])]
#[tokio::test]
async fn mistakes_in_a_credit_are_named(#[case] body: &str, #[case] fields: &[&str]) {
    let answer = World::new().answer(Call::post("/api/wallet/credits", body).key(Key::Operator)).await;
    assert_eq!(
        (answer.status, answer.fields()),
        (StatusCode::BAD_REQUEST, fields.iter().map(|f| (*f).to_owned()).collect())
    );
}

#[tokio::test]
async fn nobody_is_credited_who_does_not_exist() {
    let body = CREDIT.replace("ann", "stranger");
    let answer = World::new().answer(Call::post("/api/wallet/credits", &body).key(Key::Operator)).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::NOT_FOUND, "USER_NOT_FOUND"));
}

#[tokio::test]
async fn a_credit_of_which_nobody_knows_says_how_to_go_on() {
    let mut world = World::new();
    world.wallets.expect_credit().returning(|_| Err(WalletStoreError::OutcomeUnknown("inside".into())));
    let unknown = world.answer(Call::post("/api/wallet/credits", CREDIT).key(Key::Operator)).await;
    let mut world = World::new();
    world.wallets.expect_credit().returning(|_| Ok(CreditAnswer::KeyReused));
    let reused = world.answer(Call::post("/api/wallet/credits", CREDIT).key(Key::Operator)).await;
    assert_snapshot!([unknown, reused].map(|answer| answer.picture()).join("\n\n---\n\n"));
}

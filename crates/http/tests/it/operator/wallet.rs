//! A user's wallet, and corrections of it.

use axum::http::StatusCode;
use insta::assert_snapshot;
use rstest::rstest;
use trunkline_domain::{Actor, Fingerprint, RequestKey, RequestOperation, TransferId};
use trunkline_wallet::{
    AdjustmentAnswer, Balance, Transaction, TransactionDirection, TransactionPage, TransactionStatus,
    WalletStoreError,
};
use uuid::Uuid;

use crate::sample::{ann, at, usd};
use crate::world::{Answer, Call, Key, World};

const PATH: &str = "/api/operator/wallet/adjustments";
const TAKE: &str = r#"{"userId": "ann", "amount": -5.00, "currency": "usd", "reason": "credited twice"}"#;

fn transfer() -> TransferId {
    TransferId::from_uuid(Uuid::from_u64_pair(5, 5))
}

fn balance() -> Balance {
    Balance { posted: usd("20"), held: usd("1.50"), updated_at: Some(at(3)) }
}

async fn answered(
    answer: impl Fn() -> Result<AdjustmentAnswer, WalletStoreError> + Send + 'static,
) -> Answer {
    let mut world = World::new();
    world.wallets.expect_adjust().returning(move |_| answer());
    world.answer(Call::post(PATH, TAKE).key(Key::Operator)).await
}

#[tokio::test]
async fn a_wallet_is_shown_with_its_latest_transactions() {
    let mut world = World::new();
    world.wallets.expect_balance().returning(|_, _| Ok(Some(balance())));
    world.wallets.expect_transactions().times(1).return_once(|user, after, limit| {
        assert_eq!((user, after, limit), (&ann(), None, 20));
        let correction = Transaction {
            id: transfer(),
            date: at(3),
            direction: TransactionDirection::Debit,
            amount: usd("5"),
            description: "credited twice".to_owned(),
            status: TransactionStatus::Completed,
            number: None,
        };
        Ok(TransactionPage { transactions: vec![correction], next: None })
    });
    assert_snapshot!(world.answer(Call::get("/api/operator/wallet/ann").key(Key::Operator)).await.picture());
}

#[tokio::test]
async fn a_correction_is_posted_once_per_key() {
    let mut world = World::new();
    world.wallets.expect_adjust().times(1).return_once(|change| {
        let fingerprint = Fingerprint::of(&["debit", "5.00", "USD", "credited twice"]);
        let key = RequestKey::new(ann(), RequestOperation::Adjustment, "key-1", fingerprint).unwrap();
        assert_eq!(change.request, Some(key));
        let (body, line) = (&change.body, &change.audit[0]);
        assert_eq!((body.direction, body.amount), (TransactionDirection::Debit, usd("5")));
        assert_eq!(
            (body.description.as_str(), line.reason.as_deref()),
            ("credited twice", Some("credited twice"))
        );
        assert!(matches!(line.actor, Actor::Operator { .. }), "{:?}", line.actor);
        Ok(AdjustmentAnswer::Posted { transfer: transfer(), balance: balance() })
    });
    world
        .wallets
        .expect_adjust()
        .times(1)
        .return_once(|_| Ok(AdjustmentAnswer::Repeated { transfer: transfer(), balance: balance() }));
    let router = world.router();
    let call = || Call::post(PATH, TAKE).key(Key::Operator).header("Idempotency-Key", "key-1");
    let (first, again) = (call().to(router.clone()).await, call().to(router).await);
    assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::OK));
    assert_eq!(first.body, again.body);
    assert_snapshot!(first.picture());
}

#[rstest]
#[case("{}", &["userId", "currency", "amount", "reason"])]
#[case(r#"{"userId": "ann", "amount": 0, "currency": "USD", "reason": "r"}"#, &["amount"])]
#[case(r#"{"userId": "ann", "amount": -1e30, "currency": "USD", "reason": "r"}"#, &["amount"])]
#[case(r#"{"userId": "ann", "amount": -0.0000001, "currency": "USD", "reason": "r"}"#, &["amount"])]
#[case(r#"{"userId": "ann", "amount": 1, "currency": "USD", "reason": "two\nlines"}"#, &["reason"])]
#[tokio::test]
async fn mistakes_in_a_correction_are_named(#[case] body: &str, #[case] fields: &[&str]) {
    let answer = World::new().answer(Call::post(PATH, body).key(Key::Operator)).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.fields(), fields);
}

#[tokio::test]
async fn nobodys_wallet_is_shown_or_corrected() {
    let body = TAKE.replace("ann", "stranger");
    for call in [Call::post(PATH, &body), Call::get("/api/operator/wallet/stranger")] {
        let answer = World::new().answer(call.key(Key::Operator)).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::NOT_FOUND, "USER_NOT_FOUND"));
    }
}

#[tokio::test]
async fn what_is_refused_is_said_with_figures() {
    let short = || Balance { posted: usd("6"), held: usd("1.50"), updated_at: None };
    let answers = [
        answered(move || Ok(AdjustmentAnswer::Insufficient { balance: short() })).await,
        answered(|| Ok(AdjustmentAnswer::KeyReused)).await,
        answered(|| Err(WalletStoreError::OutcomeUnknown("inside".into()))).await,
    ];
    assert_snapshot!(answers.map(|answer| answer.picture()).join("\n\n---\n\n"));
}

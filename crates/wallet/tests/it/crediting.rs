//! The operator's credits: what is stored, what is refused, and what is asked again.

use std::sync::{Arc, Mutex};

use rstest::rstest;
use serde_json::json;
use trunkline_domain::{
    Actor, ApiKeyId, AuditEntry, Change, Currency, Event, EventId, Fingerprint, Origin, RequestContext,
    RequestKey, RequestOperation,
};
use trunkline_wallet::{
    AccountId, Credit, CreditAnswer, CreditCommand, CreditError, Credited, MockWalletStore, Posting,
    WalletStoreError,
};
use uuid::Uuid;

use crate::world::{balance, maria, noon, transfer, unavailable, unknown, usd, wallets};

type Answer = Result<CreditAnswer, WalletStoreError>;

fn key() -> RequestKey {
    RequestKey::new(maria(), RequestOperation::Credit, "k-1", Fingerprint::of(&["25"])).unwrap()
}

fn operator() -> Origin {
    let key = ApiKeyId::from_uuid(Uuid::from_u64_pair(7, 7));
    Origin { actor: Actor::Operator { key }, context: RequestContext::with_id("req-1") }
}

fn command() -> CreditCommand {
    CreditCommand {
        user: maria(),
        amount: usd("25"),
        reason: "bank transfer of March".to_owned(),
        request: Some(key()),
        origin: operator(),
    }
}

fn posted() -> CreditAnswer {
    CreditAnswer::Posted { transfer: transfer(1), balance: balance(usd("25")) }
}

fn credited() -> Posting<Credited> {
    Posting::Posted(Credited { transfer: transfer(1), balance: balance(usd("25")), repeated: false })
}

/// A store that gives these answers in turn and no more, and the changes that it was asked for.
fn answering(answers: Vec<Answer>) -> (MockWalletStore, Arc<Mutex<Vec<Change<Credit>>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let mut store = MockWalletStore::new();
    let times = answers.len();
    let mut answers = answers.into_iter();
    store.expect_credit().times(times).returning(move |change| {
        log.lock().unwrap().push(change.clone());
        answers.next().unwrap()
    });
    (store, seen)
}

async fn refusal(answer: Answer) -> CreditError {
    let (store, _) = answering(vec![answer]);
    wallets(store).credit(command()).await.unwrap_err()
}

#[tokio::test]
async fn a_credit_travels_with_its_event_and_its_audit_line() {
    let (store, seen) = answering(vec![Ok(posted())]);
    let reason = "  bank transfer of March\n".to_owned();
    let answer = wallets(store).credit(CreditCommand { reason, ..command() }).await.unwrap();
    assert_eq!(answer, credited());

    let subject = transfer(1).to_string();
    let expected = Change {
        body: Credit {
            transfer: transfer(1),
            user: maria(),
            wallet: AccountId::wallet(&maria(), Currency::USD),
            amount: usd("25"),
            description: "bank transfer of March".to_owned(),
            at: noon(),
            approval: None,
        },
        request: Some(key()),
        events: vec![Event {
            id: EventId::from_uuid(Uuid::from_u64_pair(0, 2)),
            kind: "wallet.credited".to_owned(),
            user: maria(),
            subject: subject.clone(),
            at: noon(),
            data: json!({ "amount": { "amount": "25.00", "currency": "USD" } }),
        }],
        audit: vec![AuditEntry {
            actor: operator().actor,
            action: "wallet.credit".to_owned(),
            subject,
            user: Some(maria()),
            at: noon(),
            reason: Some("bank transfer of March".to_owned()),
            details: json!({ "amount": { "amount": "25.00", "currency": "USD" } }),
            request_id: Some("req-1".to_owned()),
            address: None,
        }],
    };
    assert_eq!(*seen.lock().unwrap(), [expected]);
}

#[rstest]
#[case("0")]
#[case("-0.000001")]
#[case("-25")]
#[tokio::test]
async fn a_credit_is_more_than_zero(#[case] amount: &str) {
    let command = CreditCommand { amount: usd(amount), ..command() };
    let answer = wallets(MockWalletStore::new()).credit(command).await;
    assert!(matches!(answer, Err(CreditError::NotPositive)));
}

#[rstest]
#[case::empty(String::new())]
#[case::blank(" \t\n".to_owned())]
#[case::too_long("ü".repeat(201))]
#[tokio::test]
async fn a_credit_without_a_fair_reason_never_reaches_the_store(#[case] reason: String) {
    let answer = wallets(MockWalletStore::new()).credit(CreditCommand { reason, ..command() }).await;
    assert!(matches!(answer, Err(CreditError::Reason)));
}

#[rstest]
#[case::shortest("ü".to_owned())]
#[case::longest("ü".repeat(200))]
#[case::longest_between_blanks(format!("  {}  ", "ü".repeat(200)))]
#[tokio::test]
async fn reasons_are_counted_in_characters_without_blanks_around(#[case] reason: String) {
    let (store, seen) = answering(vec![Ok(posted())]);
    let description = reason.trim().to_owned();
    wallets(store).credit(CreditCommand { reason, ..command() }).await.unwrap();
    assert_eq!(seen.lock().unwrap()[0].body.description, description);
}

#[tokio::test]
async fn an_unknown_outcome_is_asked_for_again_unchanged() {
    let (store, seen) = answering(vec![Err(unknown()), Err(unknown()), Ok(posted())]);
    assert_eq!(wallets(store).credit(command()).await.unwrap(), credited());
    let seen = seen.lock().unwrap();
    assert_eq!(*seen, [seen[0].clone(), seen[0].clone(), seen[0].clone()]);
}

#[tokio::test]
async fn an_outcome_that_stays_unknown_is_reported_after_three_times() {
    let (store, seen) = answering(vec![Err(unknown()), Err(unknown()), Err(unknown())]);
    let answer = wallets(store).credit(command()).await;
    assert!(matches!(answer, Err(CreditError::Store(WalletStoreError::OutcomeUnknown(_)))));
    let seen = seen.lock().unwrap();
    assert_eq!(*seen, [seen[0].clone(), seen[0].clone(), seen[0].clone()]);
}

#[tokio::test]
async fn a_store_that_certainly_did_nothing_is_asked_once() {
    let error = refusal(Err(unavailable())).await;
    assert!(matches!(error, CreditError::Store(WalletStoreError::Unavailable(_))));
    let error = refusal(Err(WalletStoreError::Broken("no funding account".to_owned()))).await;
    assert!(matches!(error, CreditError::Store(WalletStoreError::Broken(_))));
}

#[tokio::test]
async fn what_the_store_refuses_is_refused() {
    assert!(matches!(refusal(Ok(CreditAnswer::KeyReused)).await, CreditError::KeyReused));
    assert!(matches!(refusal(Ok(CreditAnswer::TooLarge)).await, CreditError::TooLarge));
}

/// Its own transfer in the store means that this credit was stored by a try whose answer was lost.
#[rstest]
#[case::its_own(1, false)]
#[case::of_an_earlier_request(99, true)]
#[tokio::test]
async fn a_credit_is_a_repeat_when_another_transfer_posted_it(#[case] first: u64, #[case] repeated: bool) {
    let stored = CreditAnswer::Repeated { transfer: transfer(first), balance: balance(usd("25")) };
    let (store, _) = answering(vec![Err(unknown()), Ok(stored)]);
    let answer = wallets(store).credit(command()).await.unwrap();
    let stands = Credited { transfer: transfer(first), balance: balance(usd("25")), repeated };
    assert_eq!(answer, Posting::Posted(stands));
}

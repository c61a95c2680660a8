//! Corrections: what is stored, what is refused and with which figures, and what is asked again.

use std::sync::{Arc, Mutex};

use serde_json::json;
use trunkline_domain::{Change, Currency, Fingerprint, Origin, RequestKey, RequestOperation};
use trunkline_wallet::{
    AccountId, AdjustCommand, AdjustError, Adjusted, Adjustment, AdjustmentAnswer, Balance, MockWalletStore,
    Posting, TransactionDirection, WalletStoreError,
};

use crate::world::{balance, maria, noon, transfer, unavailable, unknown, usd, wallets};

type Answer = Result<AdjustmentAnswer, WalletStoreError>;

fn command() -> AdjustCommand {
    let key = RequestKey::new(maria(), RequestOperation::Adjustment, "k-1", Fingerprint::of(&["5"]));
    AdjustCommand {
        user: maria(),
        direction: TransactionDirection::Debit,
        amount: usd("5"),
        reason: "credited twice".parse().unwrap(),
        request: key.ok(),
        origin: Origin::command_line(),
    }
}

fn posted() -> AdjustmentAnswer {
    AdjustmentAnswer::Posted { transfer: transfer(1), balance: balance(usd("20")) }
}

/// A store that gives these answers in turn and no more, and the changes that it was asked for.
fn answering(answers: Vec<Answer>) -> (MockWalletStore, Arc<Mutex<Vec<Change<Adjustment>>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let mut store = MockWalletStore::new();
    let times = answers.len();
    let mut answers = answers.into_iter();
    store.expect_adjust().times(times).returning(move |change| {
        log.lock().unwrap().push(change.clone());
        answers.next().unwrap()
    });
    (store, seen)
}

async fn refusal(answer: Answer) -> AdjustError {
    let (store, _) = answering(vec![answer]);
    wallets(store).adjust(command()).await.unwrap_err()
}

#[tokio::test]
async fn a_correction_travels_with_its_event_and_its_audit_line() {
    let (store, seen) = answering(vec![Ok(posted())]);
    let answer = wallets(store).adjust(command()).await.unwrap();
    let stands = Adjusted { transfer: transfer(1), balance: balance(usd("20")), repeated: false };
    assert_eq!(answer, Posting::Posted(stands));
    let seen = seen.lock().unwrap();
    let change = &seen[0];
    let body = Adjustment {
        transfer: transfer(1),
        user: maria(),
        wallet: AccountId::wallet(&maria(), Currency::USD),
        direction: TransactionDirection::Debit,
        amount: usd("5"),
        description: "credited twice".to_owned(),
        at: noon(),
        approval: None,
    };
    assert_eq!((&change.body, &change.request), (&body, &command().request));
    let told = json!({ "direction": "debit", "amount": { "amount": "5.00", "currency": "USD" } });
    let ([event], [line]) = (change.events.as_slice(), change.audit.as_slice()) else { panic!("{change:?}") };
    assert_eq!((event.kind.as_str(), &event.user, &event.data), ("wallet.adjusted", &maria(), &told));
    assert_eq!((line.action.as_str(), &line.details), ("wallet.adjust", &told));
    assert_eq!((line.reason.as_deref(), line.user.clone()), (Some("credited twice"), Some(maria())));
    assert_eq!(line.actor, Origin::command_line().actor);
}

#[tokio::test]
async fn a_correction_is_more_than_zero_whichever_way_it_goes() {
    for amount in ["0", "-0.000001", "-5"] {
        let command = AdjustCommand { amount: usd(amount), ..command() };
        let answer = wallets(MockWalletStore::new()).adjust(command).await;
        assert!(matches!(answer, Err(AdjustError::NotPositive)), "{amount}");
    }
}

#[tokio::test]
async fn what_the_store_refuses_is_refused_with_its_figures() {
    let short = Balance { posted: usd("6"), held: usd("1.5"), updated_at: Some(noon()) };
    let error = refusal(Ok(AdjustmentAnswer::Insufficient { balance: short })).await;
    let AdjustError::Insufficient { required, available, held } = error else { panic!("{error:?}") };
    assert_eq!((required, available, held), (usd("5"), usd("4.5"), usd("1.5")));
    assert!(matches!(refusal(Ok(AdjustmentAnswer::KeyReused)).await, AdjustError::KeyReused));
    assert!(matches!(refusal(Ok(AdjustmentAnswer::TooLarge)).await, AdjustError::TooLarge));
    let error = refusal(Err(unavailable())).await;
    assert!(matches!(error, AdjustError::Store(WalletStoreError::Unavailable(_))));
}

#[tokio::test]
async fn an_unknown_outcome_is_asked_for_again_unchanged_and_reported_after_three_times() {
    let repeated = AdjustmentAnswer::Repeated { transfer: transfer(1), balance: balance(usd("20")) };
    let (store, seen) = answering(vec![Err(unknown()), Ok(repeated)]);
    let answer = wallets(store).adjust(command()).await.unwrap();
    assert!(matches!(answer, Posting::Posted(Adjusted { repeated: false, .. })), "it was this very one");
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen[0], seen[1]);
    let (store, _) = answering(vec![Err(unknown()), Err(unknown()), Err(unknown())]);
    let answer = wallets(store).adjust(command()).await;
    assert!(matches!(answer, Err(AdjustError::Store(WalletStoreError::OutcomeUnknown(_)))));
}

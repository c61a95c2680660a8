//! Corrections: either way, once, and never more than is available. What holds mean for them is tested by the suites
//! of provisioning, which places holds.

use futures::future::join_all;
use serde_json::json;
use trunkline_domain::{
    Change, Clock, Currency, Event, EventId, Fingerprint, Money, Origin, RequestKey, RequestOperation, UserId,
};
use uuid::Uuid;

use super::{WalletFixture, ann, assert_whole, balance, credit, transfer, usd};
use crate::{
    AccountId, Adjustment, AdjustmentAnswer, Balance, TransactionDirection, TransactionStatus, TransferKind,
};

fn adjustment(
    f: &WalletFixture,
    n: u128,
    direction: TransactionDirection,
    amount: Money,
) -> Change<Adjustment> {
    let (at, user) = (f.clock.now(), ann());
    let event = Event {
        id: EventId::from_uuid(Uuid::from_u128(n)),
        kind: "wallet.adjusted".to_owned(),
        user: user.clone(),
        subject: transfer(n).to_string(),
        at,
        data: json!({ "amount": amount }),
    };
    let audit = Origin::system().audit("wallet.adjust", transfer(n), Some(&user), at);
    let wallet = AccountId::wallet(&user, amount.currency());
    let description = format!("correction {n}");
    Change::new(Adjustment {
        transfer: transfer(n),
        user,
        wallet,
        direction,
        amount,
        description,
        at,
        approval: None,
    })
    .event(event)
    .audit(audit)
}

fn take(f: &WalletFixture, n: u128, amount: &str) -> Change<Adjustment> {
    adjustment(f, n, TransactionDirection::Debit, usd(amount))
}

fn give(f: &WalletFixture, n: u128, amount: &str) -> Change<Adjustment> {
    adjustment(f, n, TransactionDirection::Credit, usd(amount))
}

fn key(user: &UserId, parts: &[&str]) -> RequestKey {
    RequestKey::new(user.clone(), RequestOperation::Adjustment, "k", Fingerprint::of(parts)).unwrap()
}

async fn adjust(f: &WalletFixture, change: &Change<Adjustment>) -> AdjustmentAnswer {
    f.store.adjust(change).await.unwrap()
}

/// Into the wallet and out of it, and the history and the journal say which.
pub async fn a_correction_goes_either_way(f: &WalletFixture) {
    let stands = |posted| Balance { posted: usd(posted), held: usd("0"), updated_at: Some(f.clock.now()) };
    let given = adjust(f, &give(f, 1, "25")).await;
    assert_eq!(given, AdjustmentAnswer::Posted { transfer: transfer(1), balance: stands("25") });
    let taken = adjust(f, &take(f, 2, "4.5")).await;
    assert_eq!(taken, AdjustmentAnswer::Posted { transfer: transfer(2), balance: stands("20.5") });
    assert_eq!(balance(f, &ann()).await, Some(stands("20.5")));

    let lines = f.store.transactions(&ann(), None, 10).await.unwrap().transactions;
    let told: Vec<_> = lines.iter().map(|line| (line.direction, line.amount, line.status)).collect();
    let done = TransactionStatus::Completed;
    let (debit, credit) = (TransactionDirection::Debit, TransactionDirection::Credit);
    assert_eq!(told, [(debit, usd("4.5"), done), (credit, usd("25"), done)]);
    assert_eq!(lines[0].description, "correction 2");

    let snapshot = f.store.snapshot().await.unwrap();
    let (wallet, row) = (AccountId::wallet(&ann(), Currency::USD), &snapshot.transfers[1]);
    assert_eq!(
        (row.kind, row.debit, row.wallet, row.wallet_version),
        (TransferKind::Post, wallet, wallet, 2)
    );
    assert_whole(f).await;
}

/// All of it, and not a millionth more; the refusal has the figures, and the key stays free.
pub async fn a_correction_takes_at_most_what_is_available(f: &WalletFixture) {
    f.store.credit(&credit(f, 1, &ann(), usd("25"))).await.unwrap();
    let before = balance(f, &ann()).await.unwrap();
    let answer = adjust(f, &take(f, 2, "25.000001").request(Some(key(&ann(), &["2"])))).await;
    let AdjustmentAnswer::Insufficient { balance: told } = answer else { panic!("{answer:?}") };
    assert_eq!((told.posted, told.held), (before.posted, before.held));
    assert_eq!(balance(f, &ann()).await, Some(before));
    let all = take(f, 3, "25").request(Some(key(&ann(), &["3"])));
    assert!(matches!(adjust(f, &all).await, AdjustmentAnswer::Posted { .. }));
    assert_eq!(balance(f, &ann()).await.unwrap().posted, usd("0"));
    assert_whole(f).await;
}

/// Nothing is taken from a wallet that does not exist, and none is made by trying.
pub async fn an_untouched_wallet_has_nothing_to_take(f: &WalletFixture) {
    let answer = adjust(f, &take(f, 1, "1")).await;
    let AdjustmentAnswer::Insufficient { balance: told } = answer else { panic!("{answer:?}") };
    assert_eq!((told.posted, told.held), (usd("0"), usd("0")));
    assert!(f.store.snapshot().await.unwrap().accounts.is_empty());
}

/// A lost acknowledgement is mended by asking again, and so is a lost answer under a key.
pub async fn a_repeated_correction_is_posted_once(f: &WalletFixture) {
    f.store.credit(&credit(f, 1, &ann(), usd("25"))).await.unwrap();
    let first = take(f, 2, "5").request(Some(key(&ann(), &["5"])));
    adjust(f, &first).await;
    adjust(f, &take(f, 3, "1")).await;
    for again in [&first, &take(f, 4, "5").request(Some(key(&ann(), &["5"])))] {
        let answer = adjust(f, again).await;
        let AdjustmentAnswer::Repeated { transfer: t, balance: then } = answer else { panic!("{answer:?}") };
        assert_eq!((t, then.posted), (transfer(2), usd("20")));
    }
    let other = give(f, 5, "5").request(Some(key(&ann(), &["-5"])));
    assert_eq!(adjust(f, &other).await, AdjustmentAnswer::KeyReused);
    assert_eq!(balance(f, &ann()).await.unwrap().posted, usd("19"));
    assert_whole(f).await;
}

/// Refused whole, and nothing is changed.
pub async fn a_correction_stays_within_what_can_be_represented(f: &WalletFixture) {
    let most = Money::from_micros(i64::MAX, Currency::USD);
    f.store.credit(&credit(f, 1, &ann(), most)).await.unwrap();
    assert_eq!(adjust(f, &give(f, 2, "0.000001")).await, AdjustmentAnswer::TooLarge);
    let all = adjustment(f, 3, TransactionDirection::Debit, most);
    assert!(matches!(adjust(f, &all).await, AdjustmentAnswer::Posted { .. }));
    assert_whole(f).await;
}

/// Of fifty at once, exactly as many are posted as there is money for.
pub async fn parallel_corrections_never_overdraw(f: &WalletFixture) {
    f.store.credit(&credit(f, 100, &ann(), usd("2.05"))).await.unwrap();
    let changes: Vec<_> = (1..=50).map(|n| take(f, n, "0.1")).collect();
    let answers = join_all(changes.iter().map(|change| f.store.adjust(change))).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    let posted = answers.iter().filter(|a| matches!(a, AdjustmentAnswer::Posted { .. })).count();
    let refused = answers.iter().filter(|a| matches!(a, AdjustmentAnswer::Insufficient { .. })).count();
    assert_eq!((posted, refused), (20, 30));
    assert_eq!(balance(f, &ann()).await.unwrap().posted, usd("0.05"));
    assert_whole(f).await;
}

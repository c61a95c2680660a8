//! Many callers at once, callers that go away, and refusals among them.

use std::sync::Arc;

use futures::future::join_all;
use trunkline_domain::{Currency, RequestOperation};
use trunkline_provisioning::contract::fixture::{ann, key, usd};
use trunkline_provisioning::port::{OpenAnswer, OpenRefusal, OperationsStore};
use trunkline_wallet::WalletStore;

use crate::fixture::Database;

#[tokio::test]
async fn a_refusal_among_many_is_undone_alone_and_remembered() {
    let database = Database::new().await;
    let store = database.open().await;
    let f = database.changes(&store);
    f.credit(&ann(), usd("10")).await;
    let changes: Vec<_> = (1..=10)
        .map(|n| {
            let dear = n == 5;
            let key = key(&ann(), RequestOperation::Purchase, &format!("k{n}"), &[]);
            f.opening(&ann(), n, if dear { usd("100") } else { usd("1") }).request(Some(key))
        })
        .collect();
    let answers = join_all(changes.iter().map(|change| f.purchases.open(change))).await;
    for (n, answer) in answers.into_iter().enumerate() {
        match answer.unwrap() {
            OpenAnswer::Opened(_) => assert_ne!(n, 4),
            OpenAnswer::Refused(OpenRefusal::InsufficientBalance { .. }) => assert_eq!(n, 4),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(f.balance(&ann()).await.held, usd("9"));
    let replayed = f.purchases.open(&changes[4]).await.unwrap();
    assert!(matches!(replayed, OpenAnswer::Repeat(_)), "{replayed:?}");
    f.assert_ledger_whole().await;
}

/// Two hundred callers, of whom every other one goes away at some point: whatever was acknowledged is there, and of
/// the rest each is there whole or not at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_that_go_away_lose_nothing_and_halve_nothing() {
    let database = Database::new().await;
    let store = Arc::new(database.open().await);
    let f = database.changes(&store);
    let mut tasks = Vec::new();
    for n in 0..200_u32 {
        let (store, change) = (Arc::clone(&store), f.credit_of(&ann(), usd("1")));
        let transfer = change.body.transfer;
        let task = tokio::spawn(async move {
            let credit = store.credit(&change);
            if n % 2 == 0 {
                return Some(credit.await.unwrap());
            }
            // Polled a few times, then dropped: before it is queued, while it waits, or just before its answer.
            let mut credit = std::pin::pin!(credit);
            for _ in 0..(n / 2) % 7 {
                if let std::task::Poll::Ready(answer) = futures::poll!(&mut credit) {
                    return Some(answer.unwrap());
                }
                tokio::task::yield_now().await;
            }
            None
        });
        tasks.push((transfer, task));
    }
    let mut acknowledged = Vec::new();
    for (transfer, task) in tasks {
        if task.await.unwrap().is_some() {
            acknowledged.push(transfer);
        }
    }
    assert!(acknowledged.len() >= 100);
    // What is queued behind every dropped caller: when this is answered, they all have run.
    store.check_writable().await.unwrap();
    let snapshot = store.snapshot().await.unwrap();
    let stored: Vec<_> = snapshot.transfers.iter().map(|transfer| transfer.id).collect();
    for transfer in &acknowledged {
        assert!(stored.contains(transfer), "{transfer} was acknowledged");
    }
    let posted = store.balance(&ann(), Currency::USD).await.unwrap().unwrap().posted;
    assert_eq!(posted.micros(), i64::try_from(stored.len()).unwrap() * 1_000_000);
    f.assert_ledger_whole().await;
}

/// Two hundred reads inside transactions that are dropped at some point: the next read sees the present.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_reads_leave_no_reader_in_the_past() {
    let database = Database::new().await;
    let store = Arc::new(database.open().await);
    let f = database.changes(&store);
    f.credit(&ann(), usd("1")).await;
    for n in 0..200_u32 {
        let snapshot = store.snapshot();
        let mut snapshot = std::pin::pin!(snapshot);
        for _ in 0..n % 9 {
            if futures::poll!(&mut snapshot).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    f.credit(&ann(), usd("1")).await;
    let user = ann();
    let reads = join_all((0..16).map(|_| store.balance(&user, Currency::USD))).await;
    for balance in reads {
        assert_eq!(balance.unwrap().unwrap().posted, usd("2"));
    }
    f.assert_ledger_whole().await;
}

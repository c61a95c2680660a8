//! What servers tell each other of their callers: sums that nobody loses, whoever tells beside whom.

use futures::future::join_all;
use trunkline_tenancy::{RateStore, RateUse};

use super::database::Database;

fn used(subject: &str, requests: u32) -> RateUse {
    RateUse { subject: subject.to_owned(), requests }
}

#[tokio::test]
async fn each_subject_has_a_running_sum() {
    let database = Database::new().await;
    let store = database.open().await;
    assert_eq!(store.settle(&[used("key b", 3), used("key a", 5)]).await.unwrap(), [3, 5]);
    assert_eq!(
        store.settle(&[used("key a", 1), used("address c", 2), used("key b", 1)]).await.unwrap(),
        [6, 2, 4]
    );
    assert_eq!(store.settle(&[]).await.unwrap(), [0_u64; 0]);
}

/// Servers name the same subjects in different orders; none waits for another for ever, and nothing is lost.
#[tokio::test]
async fn servers_that_tell_at_once_lose_nothing() {
    let database = Database::new().await;
    let servers = [database.open().await, database.open().await];
    let subjects: Vec<_> = (0..50).map(|n| used(&format!("key {n}"), 2)).collect();
    let backwards: Vec<_> = subjects.iter().rev().cloned().collect();
    let rounds = (0..20).map(|n| servers[n % 2].settle(if n % 3 == 0 { &subjects } else { &backwards }));
    for round in join_all(rounds).await {
        round.unwrap();
    }
    assert_eq!(servers[0].settle(&[used("key 7", 0)]).await.unwrap(), [40]);
}

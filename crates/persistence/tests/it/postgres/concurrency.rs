//! Several servers on one database, at the same moment: each rule holds whoever comes first, nobody is told of an
//! error, and nobody meets a deadlock.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use trunkline_domain::{Change, FailureReason, Origin, OwnedNumber, RequestOperation};
use trunkline_persistence::PostgresStore;
use trunkline_provisioning::LeaseTerms;
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::contract::fixture::{account, ann, bob, business, key, sid, terms, usd};
use trunkline_provisioning::port::{
    Authority, ClaimEnd, NumberRecording, NumberStore, NumberUpdate, OpenAnswer, Orphan, OrphanAnswer,
    OrphanOpening, OrphanStore, PurchaseOpening, PurchaseStore, RecordAnswer, ReleaseAnswer, ReleaseStore,
    Scope, SettleAnswer, Transition, UpdateAnswer,
};
use trunkline_wallet::{CreditAnswer, WalletStore};

use super::database::Database;

/// Servers, each with connections of its own.
struct Servers {
    database: Database,
    stores: Vec<Arc<PostgresStore>>,
}

impl Servers {
    async fn new() -> Self {
        let database = Database::new().await;
        // A host's default for its own connections is none of ours.
        let default = format!(
            "ALTER DATABASE {} SET default_transaction_isolation = 'serializable'",
            database.place.name()
        );
        database.place.run(&[&default]);
        let mut stores = Vec::new();
        for _ in 0..3 {
            stores.push(Arc::new(database.open().await));
        }
        Self { database, stores }
    }

    fn changes(&self) -> Fixture {
        Fixture::of(&self.stores[0], Arc::clone(&self.database.clock), Box::new(()))
    }

    /// Does something so many times at once, in turn on every server, and waits for all of it.
    async fn at_once<T, F>(&self, times: usize, call: impl Fn(usize, Arc<PostgresStore>) -> F) -> Vec<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let calls =
            (0..times).map(|n| tokio::spawn(call(n, Arc::clone(&self.stores[n % self.stores.len()]))));
        let calls: Vec<_> = calls.collect();
        join_all(calls).await.into_iter().map(Result::unwrap).collect()
    }

    fn assert_no_deadlocks(&self) {
        let question = "SELECT pg_stat_force_next_flush(); SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
        assert_eq!(self.database.place.run(&[question]).lines().last(), Some("0"));
    }
}

fn count<T>(answers: &[T], is: impl Fn(&T) -> bool) -> usize {
    answers.iter().filter(|answer| is(answer)).count()
}

/// A caller that heard nothing asks again while its first question is still being answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_opening_that_is_repeated_beside_itself_is_one_order() {
    let servers = Servers::new().await;
    let f = servers.changes();
    f.credit(&ann(), usd("100")).await;
    for n in 1..=10_u16 {
        let request = (n % 2 == 0).then(|| key(&ann(), RequestOperation::Purchase, &format!("k{n}"), &[]));
        let change = Arc::new(f.opening(&ann(), n, usd("1")).request(request));
        let answers = servers
            .at_once(6, |_, store| {
                let change = Arc::clone(&change);
                async move { PurchaseStore::open(&*store, &change).await.unwrap() }
            })
            .await;
        assert!(matches!(answers[0], OpenAnswer::Opened(_)), "{:?}", answers[0]);
        assert_eq!(count(&answers, |answer| *answer == answers[0]), 6);
    }
    assert_eq!(f.balance(&ann()).await.held, usd("10"));
    f.assert_ledger_whole().await;
    servers.assert_no_deadlocks();
}

/// Some orders of one key and one number, some of one user with too little money: each rule at once with the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openings_that_want_the_same_things_are_told_apart() {
    let servers = Servers::new().await;
    let f = servers.changes();
    for round in 0..5_u16 {
        f.credit(&ann(), usd("3")).await;
        f.credit(&bob(), usd("3")).await;
        let changes: Vec<Arc<Change<PurchaseOpening>>> = (0..24_u16)
            .map(|n| {
                let user = if n % 2 == 0 { ann() } else { bob() };
                let request =
                    key(&user, RequestOperation::Purchase, &format!("{round}-{}", n % 7), &[&n.to_string()]);
                Arc::new(f.opening(&user, 100 * round + n % 5, usd("1")).request(Some(request)))
            })
            .collect();
        let answers = servers
            .at_once(changes.len(), |n, store| {
                let change = Arc::clone(&changes[n]);
                async move { PurchaseStore::open(&*store, &change).await.unwrap() }
            })
            .await;
        let opened = count(&answers, |answer| matches!(answer, OpenAnswer::Opened(_)));
        assert!((1..=5).contains(&opened), "{opened} orders of five numbers");
        let held = f.balance(&ann()).await.held.checked_add(f.balance(&bob()).await.held).unwrap();
        let orders = f.orders.orders(&every_order()).await.unwrap().orders;
        assert_eq!(held.micros(), orders.iter().map(|order| order.charge.micros()).sum::<i64>());
        // What is held stays so; the next round has its own numbers.
        f.assert_ledger_whole().await;
    }
    servers.assert_no_deadlocks();
}

fn every_order() -> trunkline_provisioning::port::OrderFilter {
    let scope = Scope::Everyone;
    trunkline_provisioning::port::OrderFilter {
        scope,
        business: None,
        states: Vec::new(),
        after: None,
        limit: 100,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credit_that_is_repeated_beside_itself_is_posted_once() {
    let servers = Servers::new().await;
    let f = servers.changes();
    for n in 0..10 {
        let request = (n % 2 == 0).then(|| key(&ann(), RequestOperation::Credit, &format!("k{n}"), &[]));
        let change = Arc::new(f.credit_of(&ann(), usd("1")).request(request));
        let answers = servers
            .at_once(6, |_, store| {
                let change = Arc::clone(&change);
                async move { store.credit(&change).await.unwrap() }
            })
            .await;
        assert_eq!(count(&answers, |answer| matches!(answer, CreditAnswer::Posted { .. })), 1, "{answers:?}");
        assert_eq!(
            count(&answers, |answer| matches!(answer, CreditAnswer::Repeated { .. })),
            5,
            "{answers:?}"
        );
    }
    assert_eq!(f.balance(&ann()).await.posted, usd("10"));
    f.assert_ledger_whole().await;
    servers.assert_no_deadlocks();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_ends_once_whoever_ends_it() {
    let servers = Servers::new().await;
    let f = servers.changes();
    f.credit(&ann(), usd("100")).await;
    for n in 1..=10_u16 {
        let opened = f.open(&ann(), n, usd("1")).await;
        let settlement = Arc::new(f.settlement(&opened.order, &sid(n.into())));
        let authority = Authority::Lease(opened.lease);
        let abort = f.abort(&opened.order, authority, FailureReason::NumberUnavailable, ClaimEnd::Free);
        let abort = Arc::new(abort);
        let ended = servers
            .at_once(6, |n, store| {
                let (settlement, abort) = (Arc::clone(&settlement), Arc::clone(&abort));
                async move {
                    if n % 2 == 0 {
                        let answer = store.settle(&settlement).await.unwrap();
                        matches!(answer, SettleAnswer::Settled(_) | SettleAnswer::SettledBefore(_))
                    } else {
                        let answer = PurchaseStore::abort(&*store, &abort).await.unwrap();
                        matches!(answer, Transition::Applied(_))
                    }
                }
            })
            .await;
        assert_eq!(count(&ended, |is_done| *is_done), 3, "all of one kind, none of the other: {ended:?}");
        assert!(ended[0] == ended[2] && ended[0] != ended[1]);
    }
    assert_eq!(f.balance(&ann()).await.held, usd("0"));
    f.assert_ledger_whole().await;
    servers.assert_no_deadlocks();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_at_the_provider_settles_one_order() {
    let servers = Servers::new().await;
    let f = servers.changes();
    f.credit(&ann(), usd("100")).await;
    for n in 0..10_u16 {
        let mut settlements = Vec::new();
        for m in 0..4 {
            let opened = f.open(&ann(), 10 * n + m, usd("1")).await;
            settlements.push(Arc::new(f.settlement(&opened.order, &sid(n.into()))));
        }
        let answers = servers
            .at_once(4, |m, store| {
                let settlement = Arc::clone(&settlements[m]);
                async move { store.settle(&settlement).await.unwrap() }
            })
            .await;
        assert_eq!(count(&answers, |answer| matches!(answer, SettleAnswer::Settled(_))), 1, "{answers:?}");
        assert_eq!(count(&answers, |answer| *answer == SettleAnswer::Conflict), 3, "{answers:?}");
    }
    assert_eq!(f.balance(&ann()).await.held, usd("30"), "what is in conflict stays held");
    f.assert_ledger_whole().await;
    servers.assert_no_deadlocks();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_that_is_repeated_beside_itself_has_one_lease() {
    let servers = Servers::new().await;
    let f = servers.changes();
    for n in 1..=8_u16 {
        let number = f.buy(&ann(), n).await;
        let request = (n % 2 == 0).then(|| key(&ann(), RequestOperation::Release, &format!("k{n}"), &[]));
        let audit = Origin::system().audit("number.release", number.id, Some(&ann()), f.now());
        let change = Arc::new(f.release_of(&number).audit(audit).request(request));
        let answers = servers
            .at_once(6, |_, store| {
                let change = Arc::clone(&change);
                async move { ReleaseStore::begin(&*store, &change).await.unwrap() }
            })
            .await;
        assert!(matches!(answers[0], ReleaseAnswer::Begun(_)), "{:?}", answers[0]);
        assert_eq!(count(&answers, |answer| *answer == answers[0]), 6);
    }
    servers.assert_no_deadlocks();
}

/// Workers of every server look for work at the same moment: each order is taken by one of them, and none is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_stalled_order_is_taken_over_by_one_worker() {
    let servers = Servers::new().await;
    let f = servers.changes();
    f.credit(&ann(), usd("100")).await;
    for n in 0..60 {
        f.open(&ann(), n, usd("1")).await;
    }
    f.wait(61);
    let taken = servers
        .at_once(9, |_, store| async move {
            let mut orders = Vec::new();
            loop {
                let stalled = PurchaseStore::claim_stalled(&*store, terms(), 4).await.unwrap();
                if stalled.is_empty() {
                    return orders;
                }
                orders.extend(stalled.into_iter().map(|stalled| (stalled.order.id, stalled.lease.as_i64())));
            }
        })
        .await;
    let mut taken: Vec<_> = taken.concat();
    taken.sort_unstable_by_key(|(order, _)| order.as_uuid());
    // A worker that found nothing may have come while the last ones were being taken, but nobody left any behind.
    let number = taken.len();
    taken.dedup_by_key(|(order, _)| order.as_uuid());
    assert_eq!((taken.len(), number), (60, 60), "each once");
    assert!(taken.iter().all(|(_, lease)| *lease == 2));
    servers.assert_no_deadlocks();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_orphan_is_begun_by_one_worker() {
    let servers = Servers::new().await;
    let f = servers.changes();
    f.credit(&ann(), usd("100")).await;
    for n in 1..=8_u16 {
        let failed = f.open(&ann(), n, usd("1")).await;
        f.fail(&failed, if n % 2 == 0 { ClaimEnd::Cool } else { ClaimEnd::Free }).await;
        let identity = trunkline_domain::ProviderIdentity { account: account(), number: sid(n.into()) };
        let (phone_number, order) = (failed.order.phone_number.clone(), failed.order.id);
        let orphan = Orphan { identity, phone_number, order };
        let opening = Arc::new(Change::new(OrphanOpening { orphan, terms: terms(), at: f.now() }));
        let answers = servers
            .at_once(6, |_, store| {
                let opening = Arc::clone(&opening);
                async move { OrphanStore::begin(&*store, &opening).await.unwrap() }
            })
            .await;
        assert_eq!(count(&answers, |answer| matches!(answer, OrphanAnswer::Begun(_))), 1, "{answers:?}");
    }
    servers.assert_no_deadlocks();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_pass_is_begun_at_a_time() {
    let servers = Servers::new().await;
    for pass in 1..=5 {
        let begun = servers
            .at_once(6, |_, store| async move { store.begin_pass(terms(), Duration::ZERO).await.unwrap() })
            .await;
        let begun: Vec<_> = begun.into_iter().flatten().collect();
        assert_eq!(begun.len(), 1);
        assert_eq!(begun[0].lease.as_i64(), pass);
        servers.changes().wait(60);
    }
}

/// Each of them becomes primary, also in a business that had no number before; the last one is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_business_has_one_primary_number_however_many_become_it() {
    let servers = Servers::new().await;
    let f = servers.changes();
    let mut numbers = Vec::new();
    for n in 0..6 {
        numbers.push(f.buy(&ann(), n).await);
    }
    for round in 0..10 {
        // Every other round, they all come from elsewhere.
        let into = business(round / 2);
        let changes: Vec<_> = numbers
            .iter()
            .map(|number| OwnedNumber { business: Some(into), is_primary: true, ..number.clone() })
            .map(|number| Arc::new(Change::new(NumberUpdate { number })))
            .collect();
        let answers = servers
            .at_once(6, |n, store| {
                let change = Arc::clone(&changes[n]);
                async move { store.update(&change).await.unwrap() }
            })
            .await;
        // One that was primary when the round began may have lost that to another one first.
        let updated = count(&answers, |answer| matches!(answer, UpdateAnswer::Updated(_)));
        assert!(updated >= 5, "{answers:?}");
        let mut primaries = 0;
        for number in &mut numbers {
            *number = f.numbers.number(&Scope::Everyone, number.id).await.unwrap().unwrap();
            primaries += usize::from(number.is_primary);
        }
        assert_eq!(primaries, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_elsewhere_is_recorded_once() {
    let servers = Servers::new().await;
    let f = servers.changes();
    for n in 0..8 {
        let records: Vec<_> = (0..6)
            .map(|_| Arc::new(Change::new(NumberRecording { number: f.record_of(&ann(), n) })))
            .collect();
        let answers = servers
            .at_once(6, |m, store| {
                // Three records, each sent twice.
                let record = Arc::clone(&records[m / 2]);
                async move { store.record(&record).await.unwrap() }
            })
            .await;
        assert_eq!(count(&answers, |answer| matches!(answer, RecordAnswer::Recorded(_))), 2, "{answers:?}");
    }
    servers.assert_no_deadlocks();
}

/// Without a clock that tests move, leases run by the database's own.
#[tokio::test]
async fn leases_run_by_the_databases_clock() {
    let database = Database::new().await;
    let options = trunkline_persistence::PostgresOptions {
        lease_time: trunkline_persistence::LeaseTime::Database,
        ..database.options()
    };
    let store = Arc::new(PostgresStore::open(options).await.unwrap());
    // What the process believes the time to be is in the past, and does not matter.
    let f = Fixture::of(&store, Arc::clone(&database.clock), Box::new(()));
    f.credit(&ann(), usd("2")).await;
    let mut brief = f.opening(&ann(), 1, usd("1"));
    brief.body.terms = LeaseTerms { lease: Duration::from_millis(1) };
    let brief = f.open_as(&brief).await;
    let long = f.open(&ann(), 2, usd("1")).await;
    let window = long.send_by - long.order.opened_at;
    assert_eq!(window.to_std().unwrap(), Duration::from_secs(20));
    let now: String = database.place.run(&["SELECT extract(epoch FROM clock_timestamp())::bigint"]);
    assert!((long.order.opened_at.timestamp() - now.parse::<i64>().unwrap()).abs() < 60);
    let stalled = loop {
        let stalled = PurchaseStore::claim_stalled(&*store, terms(), 10).await.unwrap();
        if !stalled.is_empty() {
            break stalled;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(stalled.len(), 1);
    assert_eq!(stalled[0].order.id, brief.order.id);
    assert!(stalled[0].claimed_at >= brief.order.opened_at);
}

/// The account is made by whoever comes first, and nobody else notices.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn first_credits_of_a_wallet_at_once_are_all_posted() {
    let servers = Servers::new().await;
    let f = servers.changes();
    for n in 0..20 {
        let user: trunkline_domain::UserId = format!("user{n}").parse().unwrap();
        let credits: Vec<_> = (0..9).map(|_| f.credit_of(&user, usd("1"))).collect();
        let answers = servers
            .at_once(credits.len(), |n, store| {
                let credit = credits[n].clone();
                async move { store.credit(&credit).await.unwrap() }
            })
            .await;
        assert_eq!(count(&answers, |answer| matches!(answer, CreditAnswer::Posted { .. })), 9);
        assert_eq!(f.balance(&user).await.posted, usd("9"));
    }
    f.assert_ledger_whole().await;
}

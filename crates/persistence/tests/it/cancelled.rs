//! Two hundred callers ask for a purchase and go away in the middle of it, every other one: what was acknowledged is
//! there, and of the rest each is there whole or not at all.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::Semaphore;
use trunkline_domain::{Change, Event, EventId, OrderId, RequestOperation};
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::contract::fixture::{ann, key, usd};
use trunkline_provisioning::port::{OpenAnswer, OperationsStore, PurchaseOpening, Scope};
use uuid::Uuid;

use crate::{fixture, postgres};

const CALLERS: u16 = 200;

/// How many orders there are; how many of them with everything that belongs to one; and how many claims, holds,
/// requests, events and audit lines.
const COUNTS: &str = "SELECT (SELECT count(*) FROM orders),
    (SELECT count(*) FROM orders o WHERE EXISTS (SELECT 1 FROM number_claim c WHERE c.order_id = o.id)
        AND EXISTS (SELECT 1 FROM transfer t WHERE t.id = o.hold_id AND t.kind = 'hold')
        AND EXISTS (SELECT 1 FROM request r WHERE r.subject = o.id)
        AND EXISTS (SELECT 1 FROM outbox_event e WHERE e.subject = CAST(o.id AS text))
        AND EXISTS (SELECT 1 FROM audit a WHERE a.subject = CAST(o.id AS text))),
    (SELECT count(*) FROM number_claim), (SELECT count(*) FROM transfer WHERE kind = 'hold'),
    (SELECT count(*) FROM request), (SELECT count(*) FROM outbox_event), (SELECT count(*) FROM audit)";

/// The opening of an order with everything that can come with one.
fn opening(f: &Fixture, n: u16) -> Change<PurchaseOpening> {
    let opening = f.opening(&ann(), n, usd("1"));
    let id = opening.body.order.id;
    let event = Event {
        id: EventId::from_uuid(Uuid::from_u128(n.into())),
        kind: "order.opened".to_owned(),
        user: ann(),
        subject: id.to_string(),
        at: f.now(),
        data: json!({}),
    };
    let request = key(&ann(), RequestOperation::Purchase, &format!("k{n}"), &[]);
    opening.event(event).request(Some(request))
}

/// Which orders were acknowledged. Those who go away do so after more and more time: before anything is sent, while it
/// is under way, or just before the answer.
async fn open_and_leave(f: &Arc<Fixture>) -> Vec<OrderId> {
    f.credit(&ann(), usd("1000")).await;
    // No more at once than there are connections, so that most are cancelled at work and not in a queue.
    let turns = Arc::new(Semaphore::new(10));
    let callers: Vec<_> = (1..=CALLERS)
        .map(|n| {
            let (f, turns, change) = (Arc::clone(f), Arc::clone(&turns), opening(f, n));
            tokio::spawn(async move {
                let _turn = turns.acquire().await.unwrap();
                let opening = f.purchases.open(&change);
                let answer = if n % 2 == 0 {
                    opening.await
                } else {
                    let patience = Duration::from_micros(50 * u64::from(n));
                    tokio::time::timeout(patience, opening).await.ok()?
                };
                assert!(matches!(answer.unwrap(), OpenAnswer::Opened(_)));
                Some(change.body.order.id)
            })
        })
        .collect();
    let mut acknowledged = Vec::new();
    for caller in callers {
        acknowledged.extend(caller.await.unwrap());
    }
    assert!(acknowledged.len() >= usize::from(CALLERS / 2));
    acknowledged
}

async fn assert_whole(f: &Fixture, counts: [i64; 7], acknowledged: &[OrderId]) {
    println!("{} acknowledged, {} there", acknowledged.len(), counts[0]);
    assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
    assert!(counts[0] >= i64::try_from(acknowledged.len()).unwrap());
    for order in acknowledged {
        let scope = Scope::Everyone;
        assert!(f.orders.order(&scope, *order).await.unwrap().is_some(), "{order} was acknowledged");
    }
    assert_eq!(f.balance(&ann()).await.held.micros(), counts[0] * 1_000_000);
    f.assert_ledger_whole().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn purchases_that_are_cancelled_on_sqlite() {
    let database = fixture::Database::new().await;
    let store = database.open().await;
    let f = Arc::new(database.changes(&store));
    let acknowledged = open_and_leave(&f).await;
    // It waits behind whatever is queued.
    store.check_writable().await.unwrap();
    let counts: (i64, i64, i64, i64, i64, i64, i64) =
        sqlx::query_as(COUNTS).fetch_one(&mut database.stranger().await).await.unwrap();
    assert_whole(&f, counts.into(), &acknowledged).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn purchases_that_are_cancelled_on_postgres() {
    let database = postgres::database::Database::new().await;
    let store = Arc::new(database.open().await);
    let f = Arc::new(Fixture::of(&store, Arc::clone(&database.clock), Box::new(())));
    let acknowledged = open_and_leave(&f).await;
    // What nobody waits for any more goes on in the server.
    let under_way = "SELECT count(*) FROM pg_stat_activity
                     WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'";
    database.place.wait_for(under_way, "0");
    let counts = database.place.run(&["SET search_path = trunkline", COUNTS]);
    let counts: Vec<i64> = counts.split('|').map(|count| count.parse().unwrap()).collect();
    assert_whole(&f, counts.try_into().unwrap(), &acknowledged).await;
}

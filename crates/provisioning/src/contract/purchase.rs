//! Opening orders: what TX1 takes, what it refuses, and what an idempotency key sees.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a suite fails by panicking")]

use std::time::Duration;

use chrono::TimeDelta;
use futures::future::join_all;
use trunkline_domain::{Change, FailureReason, OrderId, OrderState, RequestKey, RequestOperation};
use trunkline_wallet::{TransactionDirection, TransactionStatus};
use uuid::Uuid;

use super::fixture::{Fixture, account, ann, bob, business, key, opened, phone, sid, token, unexpected, usd};
use crate::PurchaseEnd;
use crate::port::{
    Authority, ClaimEnd, NumberRecording, OpenAnswer, OpenRefusal, OrderFilter, PurchaseOpening,
    PurchaseStore, RecordAnswer, Repeat, Scope,
};

fn purchase_key(text: &str, parts: &[&str]) -> RequestKey {
    key(&ann(), RequestOperation::Purchase, text, parts)
}

fn refused(answer: OpenAnswer) -> OpenRefusal {
    match answer {
        OpenAnswer::Refused(refusal) => refusal,
        other => unexpected(&other),
    }
}

fn keyed(change: Change<PurchaseOpening>, key: RequestKey) -> Change<PurchaseOpening> {
    change.request(Some(key))
}

/// Order, claim, hold and lease stand together, by the store's clock.
pub async fn an_order_opens_with_claim_hold_and_lease(f: &Fixture) {
    f.credit(&ann(), usd("25")).await;
    let mut change = f.opening(&ann(), 1, usd("1.50"));
    change.body.order.business = Some(business(1));
    f.wait(7);
    let answer = f.open_as(&change).await;
    let mut expected = change.body.order.clone();
    (expected.opened_at, expected.updated_at) = (f.now(), f.now());
    assert_eq!(answer.order, expected);
    assert_eq!(answer.lease, token(1));
    assert_eq!(answer.send_by, f.now() + Duration::from_secs(20));
    assert_eq!(f.orders.order(&Scope::Everyone, expected.id).await.unwrap(), Some(expected));

    let balance = f.balance(&ann()).await;
    assert_eq!((balance.posted, balance.held), (usd("25"), usd("1.50")));
    let page = f.wallets.transactions(&ann(), None, 10).await.unwrap();
    let line = page.transactions.iter().find(|line| line.id == change.body.hold.hold).unwrap();
    assert_eq!((line.direction, line.status), (TransactionDirection::Debit, TransactionStatus::Pending));
    f.assert_ledger_whole().await;
}

/// The same order id is the same order, with the lease and the window that it got the first time.
pub async fn a_lost_acknowledgement_of_opening_is_mended_by_asking_again(f: &Fixture) {
    f.credit(&ann(), usd("25")).await;
    let change = keyed(f.opening(&ann(), 1, usd("1.50")), purchase_key("k", &["1"]));
    let first = f.open_as(&change).await;
    f.wait(61);
    assert_eq!(f.purchases.claim_stalled(super::fixture::terms(), 10).await.unwrap().len(), 1);
    let again = f.open_as(&change).await;
    assert_eq!((again.lease, again.send_by), (first.lease, first.send_by));
    assert_eq!(f.balance(&ann()).await.held, usd("1.50"), "one hold");
    f.assert_ledger_whole().await;
}

/// Refused with what is required and what is there; nothing is left behind.
pub async fn money_that_is_not_there_is_not_held(f: &Fixture) {
    f.credit(&ann(), usd("2")).await;
    f.open(&ann(), 1, usd("1.50")).await;
    let change = f.opening(&ann(), 2, usd("1.50"));
    let refusal = refused(f.purchases.open(&change).await.unwrap());
    let (required, available) = (usd("1.50"), usd("0.50"));
    assert_eq!(refusal, OpenRefusal::InsufficientBalance { required, available });
    assert_eq!(f.orders.order(&Scope::Everyone, change.body.order.id).await.unwrap(), None);
    f.credit(&ann(), usd("1")).await;
    f.open(&ann(), 2, usd("1.50")).await;
    assert_eq!(f.balance(&ann()).await.held, usd("3"));
    f.assert_ledger_whole().await;
}

/// A wallet that nothing has touched is not made by a refusal.
pub async fn an_empty_wallet_has_nothing_available(f: &Fixture) {
    let refusal = refused(f.purchases.open(&f.opening(&ann(), 1, usd("1.50"))).await.unwrap());
    let (required, available) = (usd("1.50"), usd("0"));
    assert_eq!(refusal, OpenRefusal::InsufficientBalance { required, available });
    assert!(f.wallets.snapshot().await.unwrap().accounts.is_empty());
}

/// While an order is undecided nobody else may order its number.
pub async fn a_number_is_ordered_once(f: &Fixture) {
    f.credit(&ann(), usd("25")).await;
    f.credit(&bob(), usd("25")).await;
    let first = f.open(&ann(), 1, usd("1.50")).await;
    let own = refused(f.purchases.open(&f.opening(&ann(), 1, usd("1.50"))).await.unwrap());
    assert_eq!(own, OpenRefusal::AlreadyOrdering { order: first.order.id });
    let other = refused(f.purchases.open(&f.opening(&bob(), 1, usd("1.50"))).await.unwrap());
    assert_eq!(other, OpenRefusal::TakenByOther);
    assert_eq!(f.balance(&bob()).await.held, usd("0"));
    f.assert_ledger_whole().await;
}

/// While a number is live nobody else may order it.
pub async fn a_number_is_owned_once(f: &Fixture) {
    let number = f.buy(&ann(), 1).await;
    f.credit(&ann(), usd("25")).await;
    f.credit(&bob(), usd("25")).await;
    let own = refused(f.purchases.open(&f.opening(&ann(), 1, usd("1.50"))).await.unwrap());
    assert_eq!(own, OpenRefusal::AlreadyOwned { number: number.id });
    let other = refused(f.purchases.open(&f.opening(&bob(), 1, usd("1.50"))).await.unwrap());
    assert_eq!(other, OpenRefusal::TakenByOther);
}

/// After an abort on absence the number may still turn up, so even its own user must wait.
pub async fn a_cooling_number_is_for_nobody(f: &Fixture) {
    f.credit(&ann(), usd("25")).await;
    f.credit(&bob(), usd("25")).await;
    let order = f.open(&ann(), 1, usd("1.50")).await;
    f.fail(&order, ClaimEnd::Cool).await;
    for user in [ann(), bob()] {
        let refusal = refused(f.purchases.open(&f.opening(&user, 1, usd("1.50"))).await.unwrap());
        assert_eq!(refusal, OpenRefusal::CoolingDown);
    }
}

/// Nobody blocks a number by typing it in.
pub async fn a_record_elsewhere_blocks_nobody(f: &Fixture) {
    let record = f.record_of(&ann(), 1);
    let answer = f.numbers.record(&Change::new(NumberRecording { number: record })).await.unwrap();
    assert!(matches!(answer, RecordAnswer::Recorded(_)));
    f.buy(&bob(), 1).await;
    f.record_of(&ann(), 2);
    let own = f.record_of(&ann(), 3);
    f.numbers.record(&Change::new(NumberRecording { number: own })).await.unwrap();
    f.buy(&ann(), 3).await;
}

/// The first answer is the answer, though the balance has grown since.
pub async fn a_refusal_is_kept_under_its_key(f: &Fixture) {
    let first = keyed(f.opening(&ann(), 1, usd("1.50")), purchase_key("k", &["1"]));
    let refusal = refused(f.purchases.open(&first).await.unwrap());
    f.credit(&ann(), usd("25")).await;
    let second = keyed(f.opening(&ann(), 1, usd("1.50")), purchase_key("k", &["1"]));
    let expected = Repeat::Ended(PurchaseEnd::Refused(refusal));
    assert_eq!(f.purchases.open(&second).await.unwrap(), OpenAnswer::Repeat(expected.clone()));
    let key = purchase_key("k", &["1"]);
    assert_eq!(f.purchases.repeat(&key).await.unwrap(), Some(expected));
    assert_eq!(f.balance(&ann()).await.held, usd("0"));
}

/// Free, open, ended: what repeats see from first to last.
pub async fn a_key_sees_its_order_through(f: &Fixture) {
    f.credit(&ann(), usd("25")).await;
    let key = purchase_key("k", &["1"]);
    assert_eq!(f.purchases.repeat(&key).await.unwrap(), None);
    let change = keyed(f.opening(&ann(), 1, usd("1.50")), key.clone());
    let order = f.open_as(&change).await.order;
    let open = Repeat::Open { subject: order.id.as_uuid() };
    assert_eq!(f.purchases.repeat(&key).await.unwrap(), Some(open.clone()));
    let repeat = keyed(f.opening(&ann(), 1, usd("1.50")), key.clone());
    assert_eq!(f.purchases.open(&repeat).await.unwrap(), OpenAnswer::Repeat(open));
    let settlement = f.settlement(&order, &sid(1));
    f.purchases.settle(&settlement).await.unwrap();
    let ended = Repeat::Ended(settlement.body.end.clone());
    assert_eq!(f.purchases.repeat(&key).await.unwrap(), Some(ended));
    f.clock.advance(TimeDelta::hours(24));
    assert_eq!(f.purchases.repeat(&key).await.unwrap(), None, "free a day after the end");
}

/// The same key with another body.
pub async fn a_key_of_another_command_is_told_apart(f: &Fixture) {
    f.credit(&ann(), usd("25")).await;
    f.open_as(&keyed(f.opening(&ann(), 1, usd("1.50")), purchase_key("k", &["1"]))).await;
    let other = keyed(f.opening(&ann(), 2, usd("1.50")), purchase_key("k", &["2"]));
    let answer = f.purchases.open(&other).await.unwrap();
    assert_eq!(answer, OpenAnswer::Repeat(Repeat::OtherCommand));
    let key = purchase_key("k", &["2"]);
    assert_eq!(f.purchases.repeat(&key).await.unwrap(), Some(Repeat::OtherCommand));
}

/// An end that may be retried does not spend the key; one that may not is the key's answer.
pub async fn a_retryable_end_frees_the_key(f: &Fixture) {
    f.credit(&ann(), usd("25")).await;
    let key = purchase_key("k", &["1"]);
    let order = f.open_as(&keyed(f.opening(&ann(), 1, usd("1.50")), key.clone())).await;
    f.fail(&order, ClaimEnd::Free).await;
    assert_eq!(f.purchases.repeat(&key).await.unwrap(), None);
    let order = f.open_as(&keyed(f.opening(&ann(), 1, usd("1.50")), key.clone())).await;
    let reason = FailureReason::ProviderRejected { code: Some(21422) };
    let abort = f.abort(&order.order, Authority::Lease(order.lease), reason.clone(), ClaimEnd::Free);
    f.purchases.abort(&abort).await.unwrap();
    let end = PurchaseEnd::Failed { order: order.order.id, reason };
    assert_eq!(f.purchases.repeat(&key).await.unwrap(), Some(Repeat::Ended(end)));
}

/// The day runs from the end, not from the beginning.
pub async fn keys_of_open_orders_outlive_a_day(f: &Fixture) {
    f.credit(&ann(), usd("25")).await;
    let key = purchase_key("k", &["1"]);
    let order = f.open_as(&keyed(f.opening(&ann(), 1, usd("1.50")), key.clone())).await.order;
    f.clock.advance(TimeDelta::days(30));
    for n in 2..8 {
        f.open_as(&keyed(f.opening(&ann(), n, usd("1")), purchase_key(&format!("k{n}"), &[]))).await;
    }
    let open = Repeat::Open { subject: order.id.as_uuid() };
    assert_eq!(f.purchases.repeat(&key).await.unwrap(), Some(open));
}

async fn open_all(store: &dyn PurchaseStore, changes: &[Change<PurchaseOpening>]) -> Vec<OpenAnswer> {
    let answers = join_all(changes.iter().map(|change| store.open(change))).await;
    answers.into_iter().map(Result::unwrap).collect()
}

/// Twenty at once: one opens, and nothing is held for the others.
pub async fn parallel_openings_of_one_number_open_one(f: &Fixture) {
    let users: Vec<_> = (0..20).map(|n| format!("user{n}").parse().unwrap()).collect();
    let mut changes = Vec::new();
    for user in &users {
        f.credit(user, usd("25")).await;
        changes.push(f.opening(user, 1, usd("1.50")));
    }
    let answers = open_all(f.purchases.as_ref(), &changes).await;
    let taken =
        answers.iter().filter(|a| matches!(a, OpenAnswer::Refused(OpenRefusal::TakenByOther))).count();
    assert_eq!(taken, 19);
    let mut held = 0;
    for user in &users {
        held += f.balance(user).await.held.micros();
    }
    assert_eq!(held, usd("1.50").micros());
    f.assert_ledger_whole().await;
}

/// Twenty numbers at once with money for seven: seven open.
pub async fn parallel_openings_spend_no_more_than_there_is(f: &Fixture) {
    f.credit(&ann(), usd("11.99")).await;
    let changes: Vec<_> = (1..=20).map(|n| f.opening(&ann(), n, usd("1.50"))).collect();
    let answers = open_all(f.purchases.as_ref(), &changes).await;
    let opened = answers.iter().filter(|a| matches!(a, OpenAnswer::Opened(_))).count();
    let refused = answers
        .iter()
        .filter(|a| matches!(a, OpenAnswer::Refused(OpenRefusal::InsufficientBalance { .. })))
        .count();
    assert_eq!((opened, refused), (7, 13));
    let balance = f.balance(&ann()).await;
    assert_eq!((balance.posted, balance.held), (usd("11.99"), usd("10.50")));
    f.assert_ledger_whole().await;
}

/// Eight at once with one key: one order, seven repeats of it.
pub async fn parallel_repeats_of_one_key_open_one(f: &Fixture) {
    f.credit(&ann(), usd("25")).await;
    let changes: Vec<_> =
        (0..8).map(|_| keyed(f.opening(&ann(), 1, usd("1.50")), purchase_key("k", &["1"]))).collect();
    let answers = open_all(f.purchases.as_ref(), &changes).await;
    let order = answers.iter().find_map(|a| match a {
        OpenAnswer::Opened(opened) => Some(opened.order.id.as_uuid()),
        OpenAnswer::Refused(_) | OpenAnswer::Repeat(_) => None,
    });
    let subject = order.unwrap();
    let repeats = answers.iter().filter(|a| **a == OpenAnswer::Repeat(Repeat::Open { subject })).count();
    assert_eq!(repeats, 7);
    assert_eq!(f.balance(&ann()).await.held, usd("1.50"));
}

/// Another user's order does not exist.
pub async fn orders_are_read_within_their_scope(f: &Fixture) {
    f.credit(&ann(), usd("25")).await;
    let order = f.open(&ann(), 1, usd("1.50")).await.order;
    let scopes = [(Scope::User(ann()), true), (Scope::User(bob()), false), (Scope::Everyone, true)];
    for (scope, is_there) in scopes {
        assert_eq!(f.orders.order(&scope, order.id).await.unwrap().is_some(), is_there, "{scope:?}");
        let filter = OrderFilter { scope, business: None, states: Vec::new(), after: None, limit: 10 };
        assert_eq!(f.orders.orders(&filter).await.unwrap().orders.len(), usize::from(is_there));
    }
    let unknown = OrderId::from_uuid(Uuid::from_u128(999));
    assert_eq!(f.orders.order(&Scope::Everyone, unknown).await.unwrap(), None);
}

/// What an owner shares: their orders for one of the businesses; by business alone for the owner.
pub async fn orders_are_found_within_businesses(f: &Fixture) {
    f.credit(&ann(), usd("25")).await;
    let mut orders = Vec::new();
    for (n, of) in [(1, Some(business(1))), (2, Some(business(2))), (3, None)] {
        let mut change = f.opening(&ann(), n, usd("1"));
        change.body.order.business = of;
        orders.push(f.open_as(&change).await.order.id);
    }
    let list = async |scope: Scope, business, after| {
        let filter = OrderFilter { scope, business, states: Vec::new(), after, limit: 10 };
        let page = f.orders.orders(&filter).await.unwrap();
        page.orders.iter().map(|order| order.id).collect::<std::collections::BTreeSet<_>>()
    };
    let within = |owner, businesses: Vec<_>| Scope::Within { owner, businesses };
    for (scope, of, found) in [
        (Scope::User(ann()), Some(business(1)), vec![orders[0]]),
        (Scope::User(bob()), Some(business(1)), vec![]),
        (within(ann(), vec![business(1)]), None, vec![orders[0]]),
        (within(ann(), vec![business(1), business(2)]), None, vec![orders[0], orders[1]]),
        (within(ann(), vec![business(1), business(2)]), Some(business(2)), vec![orders[1]]),
        (within(ann(), vec![business(1)]), Some(business(2)), vec![]),
        (within(ann(), Vec::new()), None, vec![]),
        (within(bob(), vec![business(1)]), None, vec![]),
    ] {
        let found = found.into_iter().collect();
        assert_eq!(list(scope.clone(), of, None).await, found, "{scope:?} {of:?}");
        for order in &orders {
            let is_there = f.orders.order(&scope, *order).await.unwrap().is_some();
            assert!(is_there || !found.contains(order), "{scope:?}");
        }
    }
    let scope = within(ann(), vec![business(1)]);
    assert!(f.orders.order(&scope, orders[1]).await.unwrap().is_none());
    assert!(
        f.orders.order(&scope, orders[2]).await.unwrap().is_none(),
        "one in no business is shared with nobody"
    );
    assert!(list(scope, None, Some(orders[2])).await.is_empty(), "a cursor out of reach finds nothing");
    let place = f.orders.place_of_order(orders[0]).await.unwrap().unwrap();
    assert_eq!((place.user, place.business), (ann(), Some(business(1))));
    let unknown = OrderId::from_uuid(Uuid::from_u128(999));
    assert_eq!(f.orders.place_of_order(unknown).await.unwrap(), None);
}

/// Pages join without a gap or a double, also where orders share a moment; states are filtered.
pub async fn orders_are_listed_newest_first_in_pages(f: &Fixture) {
    f.credit(&ann(), usd("25")).await;
    f.credit(&bob(), usd("25")).await;
    let stranger = opened(f.purchases.open(&f.opening(&bob(), 99, usd("1"))).await.unwrap()).order;
    let mut ids = Vec::new();
    for n in 1..=5 {
        ids.push(f.open(&ann(), n, usd("1")).await.order.id);
        f.wait(i64::from(n % 2 == 0));
    }
    ids.reverse();
    let page = |after, limit| OrderFilter {
        scope: Scope::User(ann()),
        business: None,
        states: Vec::new(),
        after,
        limit,
    };
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let found = f.orders.orders(&page(after, 2)).await.unwrap();
        seen.extend(found.orders.iter().map(|order| order.id));
        after = found.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ids);
    assert!(f.orders.orders(&page(Some(stranger.id), 10)).await.unwrap().orders.is_empty());

    let newest = f.orders.order(&Scope::Everyone, ids[0]).await.unwrap().unwrap();
    f.settle(&newest, &sid(1)).await;
    let states = vec![OrderState::Completed, OrderState::Failed];
    let filter = OrderFilter { scope: Scope::Everyone, business: None, states, after: None, limit: 10 };
    let found = f.orders.orders(&filter).await.unwrap().orders;
    assert_eq!(found.iter().map(|order| order.id).collect::<Vec<_>>(), [ids[0]]);
    assert_eq!(found[0].account, account());
    assert_eq!(found[0].phone_number, phone(5));
}

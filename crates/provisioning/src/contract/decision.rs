//! Deciding orders: yes, no, later, and a person's turn; leases, and evidence that needs none.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a suite fails by panicking")]

use std::time::Duration;

use chrono::{DateTime, Utc};
use trunkline_domain::{Change, FailureReason, NumberSid, Order, OrderId, OrderState, ReviewReason};
use trunkline_wallet::TransactionStatus;

use super::fixture::{Fixture, ann, applied, bob, sid, stale, terms, token, unexpected, usd};
use crate::LeaseToken;
use crate::port::{
    Authority, ClaimEnd, LateSuccess, OpenedPurchase, PurchaseParking, PurchaseReferral, Scope, SettleAnswer,
    StalledOrder,
};

async fn open(f: &Fixture, number: u16) -> OpenedPurchase {
    f.credit(&ann(), usd("1.50")).await;
    f.open(&ann(), number, usd("1.50")).await
}

async fn order(f: &Fixture, id: OrderId) -> Order {
    f.orders.order(&Scope::Everyone, id).await.unwrap().unwrap()
}

fn parking(f: &Fixture, order: &Order, lease: LeaseToken, seconds: u64) -> Change<PurchaseParking> {
    parking_with(f, order, lease, seconds, None, 0)
}

fn parking_with(
    f: &Fixture,
    order: &Order,
    lease: LeaseToken,
    seconds: u64,
    first_absent_at: Option<DateTime<Utc>>,
    unanswered: u32,
) -> Change<PurchaseParking> {
    let next_look_in = Duration::from_secs(seconds);
    let at = f.now();
    Change::new(PurchaseParking { order: order.id, lease, next_look_in, first_absent_at, unanswered, at })
}

fn referral(
    f: &Fixture,
    order: &Order,
    lease: LeaseToken,
    number_sid: Option<NumberSid>,
) -> Change<PurchaseReferral> {
    let (reason, at) = (ReviewReason::StrangeMarker, f.now());
    Change::new(PurchaseReferral { order: order.id, lease, reason, number_sid, at })
}

async fn stalled(f: &Fixture) -> Vec<StalledOrder> {
    f.purchases.claim_stalled(terms(), 10).await.unwrap()
}

/// Number row, capture, order and claim, in one.
pub async fn a_settlement_completes_everything_together(f: &Fixture) {
    f.credit(&ann(), usd("25")).await;
    let opened = f.open(&ann(), 1, usd("1.50")).await;
    f.wait(3);
    let change = f.settlement(&opened.order, &sid(1));
    let answer = f.purchases.settle(&change).await.unwrap();
    assert_eq!(answer, SettleAnswer::Settled(change.body.number.clone()));
    let after = order(f, opened.order.id).await;
    assert_eq!((after.state, after.number), (OrderState::Completed, Some(change.body.number.id)));
    assert_eq!((after.number_sid, after.updated_at), (Some(sid(1)), f.now()));
    let number = f.numbers.number_by_phone(&opened.order.phone_number).await.unwrap();
    assert_eq!(number, Some(change.body.number.clone()));
    let balance = f.balance(&ann()).await;
    assert_eq!((balance.posted, balance.held), (usd("23.50"), usd("0")));
    let page = f.wallets.transactions(&ann(), None, 10).await.unwrap();
    let line = page.transactions.iter().find(|line| line.id == opened.order.hold).unwrap();
    assert_eq!((line.status, line.number), (TransactionStatus::Completed, Some(change.body.number.id)));
    assert!(stalled(f).await.is_empty());
    f.assert_ledger_whole().await;
}

/// The same settlement, and another one with the same evidence, find the number that is there.
pub async fn a_settlement_is_repeated_harmlessly(f: &Fixture) {
    let opened = open(f, 1).await;
    let change = f.settlement(&opened.order, &sid(1));
    f.purchases.settle(&change).await.unwrap();
    let before = SettleAnswer::SettledBefore(change.body.number.clone());
    assert_eq!(f.purchases.settle(&change).await.unwrap(), before);
    let other = f.settlement(&opened.order, &sid(1));
    assert_eq!(f.purchases.settle(&other).await.unwrap(), before);
    assert_eq!(f.balance(&ann()).await.posted, usd("0"), "one capture");
    f.assert_ledger_whole().await;
}

/// Ordering with a lease that somebody else has taken over, unresolved, or under review.
pub async fn yes_is_accepted_from_any_state_and_without_a_lease(f: &Fixture) {
    let taken_over = open(f, 1).await;
    f.wait(61);
    stalled(f).await;
    let parked = open(f, 2).await;
    f.purchases.park(&parking(f, &parked.order, parked.lease, 30)).await.unwrap();
    let referred = open(f, 3).await;
    f.purchases.refer(&referral(f, &referred.order, referred.lease, Some(sid(9)))).await.unwrap();
    for (opened, number) in [(taken_over, 1), (parked, 2), (referred, 3)] {
        f.settle(&opened.order, &sid(number)).await;
        let after = order(f, opened.order.id).await;
        assert_eq!((after.state, after.review), (OrderState::Completed, None));
        assert_eq!(after.number_sid, Some(sid(number)));
    }
    f.assert_ledger_whole().await;
}

/// The money went back: the number is an orphan now.
pub async fn yes_comes_too_late_for_a_failed_order(f: &Fixture) {
    let opened = open(f, 1).await;
    f.fail(&opened, ClaimEnd::Cool).await;
    let answer = f.purchases.settle(&f.settlement(&opened.order, &sid(1))).await.unwrap();
    assert_eq!(answer, SettleAnswer::OrderFailed);
    assert_eq!(f.balance(&ann()).await.posted, usd("1.50"));
    assert_eq!(f.numbers.number_by_phone(&opened.order.phone_number).await.unwrap(), None);
    f.assert_ledger_whole().await;
}

/// One order, one number.
pub async fn a_second_sid_does_not_change_a_completed_order(f: &Fixture) {
    let opened = open(f, 1).await;
    f.settle(&opened.order, &sid(1)).await;
    let answer = f.purchases.settle(&f.settlement(&opened.order, &sid(2))).await.unwrap();
    assert_eq!(answer, SettleAnswer::SettledOtherwise);
    assert_eq!(order(f, opened.order.id).await.number_sid, Some(sid(1)));
}

/// An id at the provider that a row has already, even a released one, is a conflict, and the money stays held.
pub async fn a_sid_belongs_to_one_number(f: &Fixture) {
    let first = open(f, 1).await;
    f.settle(&first.order, &sid(1)).await;
    let second = open(f, 2).await;
    let answer = f.purchases.settle(&f.settlement(&second.order, &sid(1))).await.unwrap();
    assert_eq!(answer, SettleAnswer::Conflict);
    assert_eq!(order(f, second.order.id).await.state, OrderState::Ordering);
    assert_eq!(f.balance(&ann()).await.held, usd("1.50"));
    f.assert_ledger_whole().await;
}

/// After a certain no the number may be ordered again at once.
pub async fn an_abort_gives_the_money_back_and_frees_the_claim(f: &Fixture) {
    let opened = open(f, 1).await;
    f.wait(2);
    let authority = Authority::Lease(opened.lease);
    let abort = f.abort(&opened.order, authority, FailureReason::NumberUnavailable, ClaimEnd::Free);
    let failed = applied(f.purchases.abort(&abort).await.unwrap());
    assert_eq!(
        (failed.state, failed.failure.clone()),
        (OrderState::Failed, Some(FailureReason::NumberUnavailable))
    );
    assert_eq!(failed, order(f, opened.order.id).await);
    let balance = f.balance(&ann()).await;
    assert_eq!((balance.posted, balance.held), (usd("1.50"), usd("0")));
    let page = f.wallets.transactions(&ann(), None, 10).await.unwrap();
    let line = page.transactions.iter().find(|line| line.id == opened.order.hold).unwrap();
    assert_eq!(line.status, TransactionStatus::Failed);
    f.credit(&bob(), usd("1.50")).await;
    f.open(&bob(), 1, usd("1.50")).await;
    f.assert_ledger_whole().await;
}

/// Cooling is no end of the claim: only the money is free.
pub async fn an_abort_may_leave_the_claim_cooling(f: &Fixture) {
    let opened = open(f, 1).await;
    f.fail(&opened, ClaimEnd::Cool).await;
    assert_eq!(f.balance(&ann()).await.held, usd("0"));
    let again = f.purchases.open(&f.opening(&ann(), 1, usd("1.50"))).await.unwrap();
    assert!(matches!(again, crate::port::OpenAnswer::Refused(crate::port::OpenRefusal::CoolingDown)));
}

/// The same abort is applied; another one comes too late.
pub async fn an_abort_is_repeated_harmlessly(f: &Fixture) {
    let opened = open(f, 1).await;
    let authority = Authority::Lease(opened.lease);
    let first = f.abort(&opened.order, authority, FailureReason::ProviderUnavailable, ClaimEnd::Free);
    let second = f.abort(&opened.order, authority, FailureReason::NumberUnavailable, ClaimEnd::Free);
    let failed = applied(f.purchases.abort(&first).await.unwrap());
    assert_eq!(applied(f.purchases.abort(&first).await.unwrap()), failed);
    assert_eq!(stale(f.purchases.abort(&second).await.unwrap()), failed);
    assert_eq!(f.balance(&ann()).await.posted, usd("1.50"), "one void");
    f.assert_ledger_whole().await;
}

/// After an end, no transition is taken.
pub async fn an_order_ends_once(f: &Fixture) {
    let opened = open(f, 1).await;
    f.settle(&opened.order, &sid(1)).await;
    let completed = order(f, opened.order.id).await;
    for authority in [Authority::Lease(opened.lease), Authority::Operator] {
        let abort = f.abort(&opened.order, authority, FailureReason::NumberUnavailable, ClaimEnd::Free);
        assert_eq!(stale(f.purchases.abort(&abort).await.unwrap()), completed);
    }
    let park = parking(f, &opened.order, opened.lease, 1);
    assert_eq!(stale(f.purchases.park(&park).await.unwrap()), completed);
    let refer = referral(f, &opened.order, opened.lease, None);
    assert_eq!(stale(f.purchases.refer(&refer).await.unwrap()), completed);
    f.assert_ledger_whole().await;
}

/// A worker whose order somebody else has taken over has lost its say in everything but evidence.
pub async fn decisions_need_the_current_lease(f: &Fixture) {
    let opened = open(f, 1).await;
    f.wait(61);
    let taken = stalled(f).await;
    assert_eq!(taken.len(), 1);
    assert_eq!((taken[0].lease, taken[0].claimed_at), (token(2), f.now()));
    let abort = f.abort(
        &opened.order,
        Authority::Lease(opened.lease),
        FailureReason::NumberUnavailable,
        ClaimEnd::Free,
    );
    stale(f.purchases.abort(&abort).await.unwrap());
    stale(f.purchases.park(&parking(f, &opened.order, opened.lease, 1)).await.unwrap());
    stale(f.purchases.refer(&referral(f, &opened.order, opened.lease, None)).await.unwrap());
    assert_eq!(order(f, opened.order.id).await.state, OrderState::Ordering);
    applied(f.purchases.park(&parking(f, &opened.order, token(2), 1)).await.unwrap());
}

/// A lease that is given up decides nothing more.
pub async fn a_parked_order_is_left_by_its_worker(f: &Fixture) {
    let opened = open(f, 1).await;
    let parked = applied(f.purchases.park(&parking(f, &opened.order, opened.lease, 30)).await.unwrap());
    assert_eq!(parked.state, OrderState::Unresolved);
    let abort = f.abort(
        &opened.order,
        Authority::Lease(opened.lease),
        FailureReason::NumberUnavailable,
        ClaimEnd::Free,
    );
    stale(f.purchases.abort(&abort).await.unwrap());
    stale(f.purchases.refer(&referral(f, &opened.order, opened.lease, None)).await.unwrap());
    assert_eq!(f.balance(&ann()).await.held, usd("1.50"));
}

/// The same parking is applied; after somebody has taken the order over it is not.
pub async fn a_parking_is_repeated_harmlessly(f: &Fixture) {
    let opened = open(f, 1).await;
    let change = parking(f, &opened.order, opened.lease, 0);
    let first = applied(f.purchases.park(&change).await.unwrap());
    assert_eq!(applied(f.purchases.park(&change).await.unwrap()), first);
    assert_eq!(stalled(f).await.len(), 1);
    stale(f.purchases.park(&change).await.unwrap());
}

/// What was noted when it was parked is handed to whoever takes it over, and not before its time.
pub async fn a_parked_order_is_due_when_it_said(f: &Fixture) {
    let opened = open(f, 1).await;
    let absent = Some(f.now());
    f.purchases.park(&parking_with(f, &opened.order, opened.lease, 30, absent, 4)).await.unwrap();
    f.wait(29);
    assert!(stalled(f).await.is_empty());
    f.wait(1);
    let taken = stalled(f).await;
    assert_eq!(taken.len(), 1);
    let taken = &taken[0];
    assert_eq!((taken.lease, taken.first_absent_at, taken.unanswered), (token(2), absent, 4));
    assert_eq!((taken.send_by, taken.claimed_at), (opened.send_by, f.now()));
    assert_eq!(taken.order, order(f, opened.order.id).await);
    assert!(stalled(f).await.is_empty(), "one worker at a time");
}

/// Not a moment earlier.
pub async fn a_worker_takes_over_when_the_lease_has_run_out(f: &Fixture) {
    let opened = open(f, 1).await;
    f.wait(59);
    assert!(stalled(f).await.is_empty());
    f.wait(1);
    let taken = stalled(f).await;
    assert_eq!((taken.len(), taken[0].lease), (1, token(2)));
    assert_eq!(taken[0].order.state, OrderState::Ordering);
    assert_eq!(taken[0].order.id, opened.order.id);
}

/// No order waits for ever behind newer ones.
pub async fn the_oldest_orders_are_taken_over_first(f: &Fixture) {
    let mut ids = Vec::new();
    for number in 1..=4 {
        ids.push(open(f, number).await.order.id);
        f.wait(1);
    }
    f.wait(60);
    let first = f.purchases.claim_stalled(terms(), 3).await.unwrap();
    assert_eq!(first.iter().map(|s| s.order.id).collect::<Vec<_>>(), ids[..3]);
    let rest = f.purchases.claim_stalled(terms(), 3).await.unwrap();
    assert_eq!(rest.iter().map(|s| s.order.id).collect::<Vec<_>>(), ids[3..]);
}

/// No worker takes it; the operator ends it, either way.
pub async fn an_order_under_review_waits_for_an_operator(f: &Fixture) {
    let opened = open(f, 1).await;
    let change = referral(f, &opened.order, opened.lease, Some(sid(7)));
    let referred = applied(f.purchases.refer(&change).await.unwrap());
    assert_eq!((referred.state, referred.review), (OrderState::Review, Some(ReviewReason::StrangeMarker)));
    assert_eq!(referred.number_sid, Some(sid(7)));
    f.wait(100_000);
    assert!(stalled(f).await.is_empty());
    stale(f.purchases.park(&parking(f, &opened.order, opened.lease, 1)).await.unwrap());
    assert_eq!(f.balance(&ann()).await.held, usd("1.50"), "held until it is decided");
    let void = f.abort(&opened.order, Authority::Operator, FailureReason::VoidedByOperator, ClaimEnd::Cool);
    let failed = applied(f.purchases.abort(&void).await.unwrap());
    assert_eq!((failed.state, failed.review), (OrderState::Failed, None));
    f.assert_ledger_whole().await;
}

/// The same referral is applied; another one comes too late.
pub async fn a_referral_is_repeated_harmlessly(f: &Fixture) {
    let opened = open(f, 1).await;
    let change = referral(f, &opened.order, opened.lease, None);
    let first = applied(f.purchases.refer(&change).await.unwrap());
    assert_eq!(applied(f.purchases.refer(&change).await.unwrap()), first);
    f.wait(1);
    stale(f.purchases.refer(&referral(f, &opened.order, opened.lease, None)).await.unwrap());
}

/// An order that is being worked on is not the operator's, nor is one that may still be sent.
pub async fn an_operator_does_not_interfere_with_a_worker(f: &Fixture) {
    let opened = open(f, 1).await;
    let void = |f: &Fixture| {
        f.abort(&opened.order, Authority::Operator, FailureReason::VoidedByOperator, ClaimEnd::Cool)
    };
    stale(f.purchases.abort(&void(f)).await.unwrap());
    f.purchases.park(&parking(f, &opened.order, opened.lease, 0)).await.unwrap();
    assert_eq!(stalled(f).await.len(), 1);
    stale(f.purchases.abort(&void(f)).await.unwrap());
    f.wait(60);
    applied(f.purchases.abort(&void(f)).await.unwrap());
    f.assert_ledger_whole().await;
}

/// The first number is kept; repeating is harmless, and other orders take no late success.
pub async fn a_late_success_is_kept_on_the_failed_order(f: &Fixture) {
    let opened = open(f, 1).await;
    let late =
        |n, f: &Fixture| Change::new(LateSuccess { order: opened.order.id, number_sid: sid(n), at: f.now() });
    stale(f.purchases.record_late_success(&late(1, f)).await.unwrap());
    f.fail(&opened, ClaimEnd::Cool).await;
    f.wait(1);
    let noted = applied(f.purchases.record_late_success(&late(1, f)).await.unwrap());
    assert_eq!((noted.state, noted.number_sid.clone()), (OrderState::Failed, Some(sid(1))));
    f.wait(1);
    assert_eq!(applied(f.purchases.record_late_success(&late(1, f)).await.unwrap()), noted);
    match f.purchases.record_late_success(&late(2, f)).await.unwrap() {
        crate::port::Transition::Stale(order) => assert_eq!(order.number_sid, Some(sid(1))),
        other @ crate::port::Transition::Applied(_) => unexpected(&other),
    }
}

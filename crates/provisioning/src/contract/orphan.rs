//! Orphans: numbers that the provider holds for failed orders. And the passes that find them and end cooling.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a suite fails by panicking")]

use std::time::Duration;

use trunkline_domain::{AccountSid, Change, OrderId, ProviderIdentity, ReviewReason};

use super::fixture::{Fixture, account, ann, bob, phone, sid, terms, token, unexpected, usd};
use crate::LeaseToken;
use crate::port::{
    ClaimEnd, OpenAnswer, OpenRefusal, OpenedPurchase, Orphan, OrphanAnswer, OrphanEnd, OrphanOpening,
    OrphanParking, OrphanReferral, OrphanRefusal, PassLease, PassResult, StalledOrphan,
};

const DAY: Duration = Duration::from_hours(24);
const DAY_S: i64 = 24 * 3600;
const EVERY: Duration = Duration::from_hours(6);

fn orphan(order: OrderId, number: u16, n: u64) -> Orphan {
    Orphan {
        identity: ProviderIdentity { account: account(), number: sid(n) },
        phone_number: phone(number),
        order,
    }
}

async fn begin(f: &Fixture, orphan: &Orphan) -> OrphanAnswer {
    let opening = OrphanOpening { orphan: orphan.clone(), terms: terms(), at: f.now() };
    f.orphans.begin(&Change::new(opening)).await.unwrap()
}

async fn begun(f: &Fixture, orphan: &Orphan) -> LeaseToken {
    match begin(f, orphan).await {
        OrphanAnswer::Begun(lease) => lease,
        other @ OrphanAnswer::Refused(_) => unexpected(&other),
    }
}

async fn finish(f: &Fixture, orphan: &Orphan) -> bool {
    let end = OrphanEnd { identity: orphan.identity.clone(), at: f.now() };
    f.orphans.finish(&Change::new(end)).await.unwrap()
}

async fn park(f: &Fixture, orphan: &Orphan, lease: LeaseToken, attempts: u32) -> bool {
    let identity = orphan.identity.clone();
    let next_attempt_in = Duration::from_secs(30);
    let parking = OrphanParking { identity, lease, next_attempt_in, attempts, at: f.now() };
    f.orphans.park(&Change::new(parking)).await.unwrap()
}

async fn refer(f: &Fixture, orphan: &Orphan, lease: LeaseToken) -> bool {
    let (identity, reason) = (orphan.identity.clone(), ReviewReason::AttemptsSpent);
    let referral = OrphanReferral { identity, lease, reason, at: f.now() };
    f.orphans.refer(&Change::new(referral)).await.unwrap()
}

async fn stalled(f: &Fixture) -> Vec<StalledOrphan> {
    f.orphans.claim_stalled(terms(), 10).await.unwrap()
}

async fn open(f: &Fixture, number: u16) -> OpenedPurchase {
    f.credit(&ann(), usd("1.50")).await;
    f.open(&ann(), number, usd("1.50")).await
}

/// What somebody who wants the number hears; `None` where they get it.
async fn refusal(f: &Fixture, number: u16) -> Option<OpenRefusal> {
    f.credit(&bob(), usd("1.50")).await;
    match f.purchases.open(&f.opening(&bob(), number, usd("1.50"))).await.unwrap() {
        OpenAnswer::Refused(refusal) => Some(refusal),
        OpenAnswer::Opened(_) => None,
        other @ OpenAnswer::Repeat(_) => unexpected(&other),
    }
}

async fn pass(f: &Fixture) -> PassLease {
    f.orphans.begin_pass(terms(), EVERY).await.unwrap().unwrap()
}

async fn finish_pass(f: &Fixture, pass: PassLease, complete: bool, present: &[u16]) -> u64 {
    finish_pass_of(f, pass, account(), complete, present).await
}

async fn finish_pass_of(
    f: &Fixture,
    pass: PassLease,
    account: AccountSid,
    complete: bool,
    present: &[u16],
) -> u64 {
    let present = present.iter().map(|n| phone(*n)).collect();
    let result = PassResult { pass, account, complete, present, cooling: DAY };
    f.orphans.finish_pass(&Change::new(result)).await.unwrap()
}

/// It takes the cooling claim over and frees it at the end.
pub async fn an_orphan_of_a_failed_order_is_released(f: &Fixture) {
    let opened = open(f, 1).await;
    f.fail(&opened, ClaimEnd::Cool).await;
    let orphan = orphan(opened.order.id, 1, 1);
    assert_eq!(begun(f, &orphan).await, token(1));
    assert_eq!(refusal(f, 1).await, Some(OpenRefusal::CoolingDown));
    assert!(finish(f, &orphan).await);
    assert!(finish(f, &orphan).await, "repeated harmlessly");
    assert_eq!(refusal(f, 1).await, None);
    assert_eq!(begin(f, &orphan).await, OrphanAnswer::Refused(OrphanRefusal::InProgress));
}

/// Where nobody deals with the number, the orphan does from now on.
pub async fn an_orphan_takes_a_free_number(f: &Fixture) {
    let opened = open(f, 1).await;
    f.fail(&opened, ClaimEnd::Free).await;
    let orphan = orphan(opened.order.id, 1, 1);
    begun(f, &orphan).await;
    assert_eq!(refusal(f, 1).await, Some(OpenRefusal::CoolingDown));
    assert!(finish(f, &orphan).await);
    assert_eq!(refusal(f, 1).await, None);
}

/// A restored backup does not know the order; an undecided or completed one is not the orphan's.
pub async fn a_number_whose_order_is_unknown_or_alive_is_left_alone(f: &Fixture) {
    let unknown = orphan(OrderId::from_uuid(f.id()), 1, 1);
    assert_eq!(begin(f, &unknown).await, OrphanAnswer::Refused(OrphanRefusal::UnknownOrder));
    assert!(!finish(f, &unknown).await);
    let opened = open(f, 1).await;
    let alive = orphan(opened.order.id, 1, 1);
    assert_eq!(begin(f, &alive).await, OrphanAnswer::Refused(OrphanRefusal::OrderNotFailed));
    f.settle(&opened.order, &sid(9)).await;
    assert_eq!(begin(f, &alive).await, OrphanAnswer::Refused(OrphanRefusal::OrderNotFailed));
}

/// A row with the id at the provider makes it no orphan, whatever its marker says.
pub async fn a_number_that_somebody_has_is_left_alone(f: &Fixture) {
    let failed = open(f, 1).await;
    f.fail(&failed, ClaimEnd::Free).await;
    let bought = f.buy(&bob(), 2).await;
    let identity = bought.identity.clone().unwrap();
    let marked = Orphan { identity, phone_number: phone(2), order: failed.order.id };
    assert_eq!(begin(f, &marked).await, OrphanAnswer::Refused(OrphanRefusal::NumberExists));
}

/// Somebody is buying or has the phone number: they decide about it.
pub async fn a_claim_of_another_order_is_respected(f: &Fixture) {
    let failed = open(f, 1).await;
    f.fail(&failed, ClaimEnd::Free).await;
    let orphan = orphan(failed.order.id, 1, 1);
    f.credit(&bob(), usd("1.50")).await;
    let buying = f.open(&bob(), 1, usd("1.50")).await;
    assert_eq!(begin(f, &orphan).await, OrphanAnswer::Refused(OrphanRefusal::ClaimedByOther));
    f.settle(&buying.order, &sid(2)).await;
    assert_eq!(begin(f, &orphan).await, OrphanAnswer::Refused(OrphanRefusal::ClaimedByOther));
}

/// Two failed orders of one number: the orphan of the one goes, and the other's number may still turn up.
pub async fn a_cooling_claim_of_another_failed_order_cools_on(f: &Fixture) {
    let first = open(f, 1).await;
    f.fail(&first, ClaimEnd::Free).await;
    let second = f.open(&ann(), 1, usd("1.50")).await;
    f.fail(&second, ClaimEnd::Cool).await;
    let orphan = orphan(first.order.id, 1, 1);
    begun(f, &orphan).await;
    f.wait(DAY_S);
    let during = pass(f).await;
    assert_eq!(finish_pass(f, during, true, &[]).await, 0, "an orphan's claim does not cool");
    assert!(finish(f, &orphan).await);
    assert_eq!(refusal(f, 1).await, Some(OpenRefusal::CoolingDown));
    f.wait(DAY_S);
    let after = pass(f).await;
    assert_eq!(finish_pass(f, after, true, &[]).await, 1);
    assert_eq!(refusal(f, 1).await, None);
}

/// While a worker has it, a second one is turned away; when its lease has run out, the second one has it.
pub async fn an_orphan_has_one_worker(f: &Fixture) {
    let opened = open(f, 1).await;
    f.fail(&opened, ClaimEnd::Cool).await;
    let orphan = orphan(opened.order.id, 1, 1);
    let first = begun(f, &orphan).await;
    f.wait(59);
    assert_eq!(begin(f, &orphan).await, OrphanAnswer::Refused(OrphanRefusal::InProgress));
    f.wait(1);
    assert_eq!(begun(f, &orphan).await, token(2));
    assert!(!park(f, &orphan, first, 1).await);
    assert!(!refer(f, &orphan, first).await);
}

/// With what was noted, and not before its time.
pub async fn an_orphan_is_parked_and_taken_over(f: &Fixture) {
    let opened = open(f, 1).await;
    f.fail(&opened, ClaimEnd::Cool).await;
    let orphan = orphan(opened.order.id, 1, 1);
    let lease = begun(f, &orphan).await;
    assert!(park(f, &orphan, lease, 3).await);
    assert!(!park(f, &orphan, lease, 4).await, "the lease is given up");
    f.wait(29);
    assert!(stalled(f).await.is_empty());
    assert_eq!(begin(f, &orphan).await, OrphanAnswer::Refused(OrphanRefusal::InProgress));
    f.wait(1);
    assert_eq!(stalled(f).await, [StalledOrphan { orphan, lease: token(2), attempts: 3 }]);
    assert!(stalled(f).await.is_empty());
}

/// No worker takes it; evidence ends it.
pub async fn an_orphan_under_review_waits_for_an_operator(f: &Fixture) {
    let opened = open(f, 1).await;
    f.fail(&opened, ClaimEnd::Cool).await;
    let orphan = orphan(opened.order.id, 1, 1);
    let lease = begun(f, &orphan).await;
    assert!(refer(f, &orphan, lease).await);
    f.wait(100_000);
    assert!(stalled(f).await.is_empty());
    assert_eq!(begin(f, &orphan).await, OrphanAnswer::Refused(OrphanRefusal::InProgress));
    assert!(finish(f, &orphan).await);
    assert_eq!(refusal(f, 1).await, None);
}

/// Not while another one is being made, nor too soon after the last.
pub async fn one_pass_at_a_time(f: &Fixture) {
    let first = pass(f).await;
    assert_eq!((first.lease, first.begun_at), (token(1), f.now()));
    f.wait(59);
    assert_eq!(f.orphans.begin_pass(terms(), EVERY).await.unwrap(), None);
    f.wait(1);
    let second = pass(f).await;
    assert_eq!(second.lease, token(2));
    finish_pass(f, second, true, &[]).await;
    f.wait(6 * 3600 - 1);
    assert_eq!(f.orphans.begin_pass(terms(), EVERY).await.unwrap(), None);
    f.wait(1);
    assert_eq!(pass(f).await.lease, token(3));
}

/// As long as it is renewed nobody else makes one, and once it is lost it stays lost.
pub async fn a_pass_is_kept_by_renewing_it(f: &Fixture) {
    let slow = pass(f).await;
    f.wait(59);
    assert!(f.orphans.renew_pass(slow, terms()).await.unwrap());
    f.wait(59);
    assert_eq!(f.orphans.begin_pass(terms(), EVERY).await.unwrap(), None);
    f.wait(1);
    assert!(f.orphans.renew_pass(slow, terms()).await.unwrap(), "late, and nobody has begun another one");
    f.wait(60);
    let quick = pass(f).await;
    assert!(!f.orphans.renew_pass(slow, terms()).await.unwrap());
    finish_pass(f, quick, true, &[]).await;
    assert!(!f.orphans.renew_pass(quick, terms()).await.unwrap(), "it has ended");
}

/// What has cooled for a day when the pass begins, and is not in the listing, is free.
pub async fn a_complete_pass_ends_cooling(f: &Fixture) {
    for number in [1, 2] {
        let opened = open(f, number).await;
        f.fail(&opened, ClaimEnd::Cool).await;
    }
    f.wait(1);
    let late = open(f, 3).await;
    f.fail(&late, ClaimEnd::Cool).await;
    f.wait(DAY_S - 1);
    let pass = pass(f).await;
    f.wait(30);
    assert_eq!(finish_pass(f, pass, true, &[2]).await, 1);
    assert_eq!(refusal(f, 1).await, None);
    assert_eq!(refusal(f, 2).await, Some(OpenRefusal::CoolingDown), "the provider has it");
    assert_eq!(
        refusal(f, 3).await,
        Some(OpenRefusal::CoolingDown),
        "it began to cool too late for this pass"
    );
}

/// A number may be on the page that is missing.
pub async fn an_incomplete_pass_ends_nothing(f: &Fixture) {
    let opened = open(f, 1).await;
    f.fail(&opened, ClaimEnd::Cool).await;
    f.wait(DAY_S);
    let pass = pass(f).await;
    assert_eq!(finish_pass(f, pass, false, &[]).await, 0);
    assert_eq!(refusal(f, 1).await, Some(OpenRefusal::CoolingDown));
    assert!(f.orphans.begin_pass(terms(), EVERY).await.unwrap().is_some(), "it is made again soon");
}

/// What one account lacks, another may hold.
pub async fn a_pass_ends_nothing_of_another_account(f: &Fixture) {
    let opened = open(f, 1).await;
    f.fail(&opened, ClaimEnd::Cool).await;
    f.wait(DAY_S);
    let other = format!("AC{}", "9".repeat(32)).parse().unwrap();
    assert_eq!(finish_pass_of(f, pass(f).await, other, true, &[]).await, 0);
    assert_eq!(refusal(f, 1).await, Some(OpenRefusal::CoolingDown));
}

/// An older listing says nothing about now.
pub async fn a_pass_that_lost_its_lease_ends_nothing(f: &Fixture) {
    let opened = open(f, 1).await;
    f.fail(&opened, ClaimEnd::Cool).await;
    f.wait(DAY_S);
    let slow = pass(f).await;
    f.wait(60);
    let quick = pass(f).await;
    assert_eq!(finish_pass(f, slow, true, &[]).await, 0);
    assert_eq!(finish_pass(f, quick, true, &[]).await, 1);
    assert_eq!(finish_pass(f, quick, true, &[]).await, 0, "repeated harmlessly");
}

//! Giving numbers back.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a suite fails by panicking")]

use std::time::Duration;

use chrono::TimeDelta;
use futures::future::join_all;
use trunkline_domain::{
    Change, NumberStatus, Origin, OwnedNumber, RequestKey, RequestOperation, ReviewReason,
};

use super::fixture::{Fixture, ann, bob, business, key, terms, token, unexpected, usd};
use crate::port::{
    BegunRelease, NumberRecording, NumberUpdate, ReleaseAnswer, ReleaseEnd, ReleaseOpening, ReleaseParking,
    ReleaseReferral, ReleaseRefusal, ReleaseReturn, ReleaseTransition, Repeat, Scope, StalledRelease,
};
use crate::{LeaseToken, ReleaseOutcome};

async fn begin(f: &Fixture, number: &OwnedNumber) -> BegunRelease {
    begin_as(f, &f.release_of(number)).await
}

async fn begin_as(f: &Fixture, change: &Change<ReleaseOpening>) -> BegunRelease {
    match f.releases.begin(change).await.unwrap() {
        ReleaseAnswer::Begun(begun) => begun,
        other => unexpected(&other),
    }
}

async fn refusal(f: &Fixture, change: &Change<ReleaseOpening>) -> ReleaseRefusal {
    match f.releases.begin(change).await.unwrap() {
        ReleaseAnswer::Refused(refusal) => refusal,
        other => unexpected(&other),
    }
}

fn applied(transition: ReleaseTransition) -> OwnedNumber {
    match transition {
        ReleaseTransition::Applied(number) => number,
        other @ ReleaseTransition::Stale(_) => unexpected(&other),
    }
}

fn stale(transition: ReleaseTransition) -> OwnedNumber {
    match transition {
        ReleaseTransition::Stale(number) => number,
        other @ ReleaseTransition::Applied(_) => unexpected(&other),
    }
}

fn end(f: &Fixture, number: &OwnedNumber) -> Change<ReleaseEnd> {
    Change::new(ReleaseEnd { number: number.id, at: f.now() })
}

fn give_back(f: &Fixture, number: &OwnedNumber, lease: LeaseToken) -> Change<ReleaseReturn> {
    Change::new(ReleaseReturn { number: number.id, lease, code: Some(21_610), at: f.now() })
}

fn parking(f: &Fixture, number: &OwnedNumber, lease: LeaseToken, attempts: u32) -> Change<ReleaseParking> {
    let next_attempt_in = Duration::from_secs(30);
    Change::new(ReleaseParking { number: number.id, lease, next_attempt_in, attempts, at: f.now() })
}

fn referral(f: &Fixture, number: &OwnedNumber, lease: LeaseToken) -> Change<ReleaseReferral> {
    let reason = ReviewReason::AttemptsSpent;
    Change::new(ReleaseReferral { number: number.id, lease, reason, at: f.now() })
}

async fn stalled(f: &Fixture) -> Vec<StalledRelease> {
    f.releases.claim_stalled(terms(), 10).await.unwrap()
}

async fn number(f: &Fixture, of: &OwnedNumber) -> OwnedNumber {
    f.numbers.number(&Scope::Everyone, of.id).await.unwrap().unwrap()
}

fn release_key(parts: &[&str]) -> RequestKey {
    key(&ann(), RequestOperation::Release, "k", parts)
}

/// Active, releasing, released; the row stays, and no money moves.
pub async fn a_release_runs_from_begin_to_finish(f: &Fixture) {
    let bought = f.buy(&ann(), 1).await;
    f.wait(5);
    let begun = begin(f, &bought).await;
    let expected = OwnedNumber {
        status: NumberStatus::Releasing,
        version: bought.version + 1,
        updated_at: f.now(),
        ..bought.clone()
    };
    assert_eq!((begun.number.clone(), begun.lease), (expected.clone(), token(1)));
    assert_eq!(f.numbers.number_by_phone(&bought.phone_number).await.unwrap(), Some(expected.clone()));
    f.wait(5);
    let released = applied(f.releases.finish(&end(f, &bought)).await.unwrap());
    assert_eq!(released.status, NumberStatus::Released);
    assert_eq!(number(f, &bought).await, released);
    assert_eq!(applied(f.releases.finish(&end(f, &bought)).await.unwrap()), released, "repeated harmlessly");
    assert_eq!(f.numbers.number_by_phone(&bought.phone_number).await.unwrap(), None);
    assert_eq!(f.balance(&ann()).await.posted, usd("0"), "no refund");
    f.assert_ledger_whole().await;
}

/// The claim is free at the end and not before.
pub async fn a_released_number_can_be_bought_again(f: &Fixture) {
    let first = f.buy(&ann(), 1).await;
    begin(f, &first).await;
    f.credit(&bob(), usd("1.50")).await;
    let early = f.purchases.open(&f.opening(&bob(), 1, usd("1.50"))).await.unwrap();
    assert!(matches!(early, crate::port::OpenAnswer::Refused(crate::port::OpenRefusal::TakenByOther)));
    f.releases.finish(&end(f, &first)).await.unwrap();
    let second = f.buy(&bob(), 1).await;
    assert_eq!(f.numbers.number_by_phone(&first.phone_number).await.unwrap(), Some(second));
}

/// Somebody else's, unknown and released numbers are all the same: not there.
pub async fn only_the_owner_of_a_live_number_begins(f: &Fixture) {
    let bought = f.buy(&ann(), 1).await;
    let mut others = f.release_of(&bought);
    others.body.user = bob();
    assert_eq!(refusal(f, &others).await, ReleaseRefusal::NotFound);
    let mut unknown = f.release_of(&bought);
    unknown.body.number = trunkline_domain::NumberId::from_uuid(f.id());
    assert_eq!(refusal(f, &unknown).await, ReleaseRefusal::NotFound);
    begin(f, &bought).await;
    f.releases.finish(&end(f, &bought)).await.unwrap();
    assert_eq!(refusal(f, &f.release_of(&bought)).await, ReleaseRefusal::NotFound);
}

/// Whoever may give back what is in some businesses gives back nothing else, bought or recorded; not even a number that
/// its owner has taken out of them a moment ago.
pub async fn a_release_begins_within_its_businesses_alone(f: &Fixture) {
    let bought = f.buy(&ann(), 1).await;
    let record = f.record_of(&ann(), 2);
    f.numbers.record(&Change::new(NumberRecording { number: record.clone() })).await.unwrap();
    for number in [bought, record] {
        let within = |businesses: &[u128]| {
            let mut change = f.release_of(&number);
            change.body.within = Some(businesses.iter().map(|n| business(*n)).collect());
            change
        };
        assert_eq!(refusal(f, &within(&[1, 2])).await, ReleaseRefusal::NotFound, "it is in none");
        let assigned = OwnedNumber { business: Some(business(2)), ..number.clone() };
        f.numbers.update(&Change::new(NumberUpdate { number: assigned })).await.unwrap();
        for elsewhere in [&[1, 3][..], &[]] {
            assert_eq!(refusal(f, &within(elsewhere)).await, ReleaseRefusal::NotFound);
        }
        let mut bobs = within(&[2]);
        bobs.body.user = bob();
        assert_eq!(refusal(f, &bobs).await, ReleaseRefusal::NotFound, "the owner goes with the business");
        f.wait(1);
        let answer = f.releases.begin(&within(&[1, 2])).await.unwrap();
        assert!(matches!(answer, ReleaseAnswer::Begun(_) | ReleaseAnswer::RecordRemoved(_)), "{answer:?}");
    }
}

/// Bought or recorded.
pub async fn a_primary_number_is_kept(f: &Fixture) {
    let bought = f.buy(&ann(), 1).await;
    let record = f.record_of(&ann(), 2);
    f.numbers.record(&Change::new(NumberRecording { number: record.clone() })).await.unwrap();
    for (n, number) in [(1, bought), (2, record)] {
        let primary = OwnedNumber { business: Some(business(n)), is_primary: true, ..number };
        f.numbers.update(&Change::new(NumberUpdate { number: primary.clone() })).await.unwrap();
        assert_eq!(refusal(f, &f.release_of(&primary)).await, ReleaseRefusal::Primary);
    }
}

/// Also while it is under review.
pub async fn a_second_release_is_busy(f: &Fixture) {
    let bought = f.buy(&ann(), 1).await;
    let begun = begin(f, &bought).await;
    f.wait(1);
    assert_eq!(refusal(f, &f.release_of(&bought)).await, ReleaseRefusal::Busy);
    f.releases.refer(&referral(f, &bought, begun.lease)).await.unwrap();
    assert_eq!(refusal(f, &f.release_of(&bought)).await, ReleaseRefusal::Busy);
}

/// The very same change, known by its audit line, is answered as the first time, even when somebody has taken it over.
pub async fn a_lost_acknowledgement_of_beginning_is_mended_by_asking_again(f: &Fixture) {
    let bought = f.buy(&ann(), 1).await;
    let audit = Origin::system().audit("number.release", bought.id, Some(&ann()), f.now());
    let change = f.release_of(&bought).audit(audit).request(Some(release_key(&["1"])));
    let first = begin_as(f, &change).await;
    assert_eq!(begin_as(f, &change).await, first);
    f.wait(60);
    assert_eq!(stalled(f).await.len(), 1);
    assert_eq!(begin_as(f, &change).await.lease, first.lease, "a lease that is not the current one any more");
    stale(f.releases.park(&parking(f, &bought, first.lease, 1)).await.unwrap());
}

/// Nobody has to be told.
pub async fn the_record_of_a_number_elsewhere_is_removed_at_once(f: &Fixture) {
    let record = f.record_of(&ann(), 1);
    f.numbers.record(&Change::new(NumberRecording { number: record.clone() })).await.unwrap();
    let change = f.release_of(&record).request(Some(release_key(&["1"])));
    match f.releases.begin(&change).await.unwrap() {
        ReleaseAnswer::RecordRemoved(number) => assert_eq!(number.status, NumberStatus::Released),
        other => unexpected(&other),
    }
    let ended = Some(Repeat::Ended(ReleaseOutcome::Released));
    assert_eq!(f.releases.repeat(&release_key(&["1"])).await.unwrap(), ended);
    f.wait(1);
    assert_eq!(refusal(f, &f.release_of(&record)).await, ReleaseRefusal::NotFound);
    f.numbers.record(&Change::new(NumberRecording { number: f.record_of(&ann(), 1) })).await.unwrap();
}

/// It works as before, and can be released again later.
pub async fn a_refused_release_goes_back_to_active(f: &Fixture) {
    let bought = f.buy(&ann(), 1).await;
    let begun = begin_as(f, &f.release_of(&bought).request(Some(release_key(&["1"])))).await;
    stale(f.releases.give_back(&give_back(f, &bought, token(9))).await.unwrap());
    f.wait(1);
    let change = give_back(f, &bought, begun.lease);
    let back = applied(f.releases.give_back(&change).await.unwrap());
    assert_eq!((back.status, back.version), (NumberStatus::Active, bought.version + 2));
    assert_eq!(applied(f.releases.give_back(&change).await.unwrap()), back, "repeated harmlessly");
    let ended = Some(Repeat::Ended(ReleaseOutcome::RefusedByProvider { code: Some(21_610) }));
    assert_eq!(f.releases.repeat(&release_key(&["1"])).await.unwrap(), ended);
    assert_eq!(begin(f, &bought).await.lease, token(2));
    stale(f.releases.give_back(&change).await.unwrap());
}

/// With what was noted, and not before its time; the customer's version stays.
pub async fn a_parked_release_is_due_when_it_said(f: &Fixture) {
    let bought = f.buy(&ann(), 1).await;
    let begun = begin(f, &bought).await;
    let change = parking(f, &bought, begun.lease, 3);
    let parked = applied(f.releases.park(&change).await.unwrap());
    assert_eq!(parked, begun.number);
    assert_eq!(applied(f.releases.park(&change).await.unwrap()), parked, "repeated harmlessly");
    stale(f.releases.give_back(&give_back(f, &bought, begun.lease)).await.unwrap());
    f.wait(29);
    assert!(stalled(f).await.is_empty());
    f.wait(1);
    let taken = stalled(f).await;
    assert_eq!(taken, [StalledRelease { number: parked, lease: token(2), attempts: 3 }]);
    assert!(stalled(f).await.is_empty(), "one worker at a time");
}

/// A worker whose release somebody else has taken over has lost its say in everything but evidence.
pub async fn a_release_changes_hands_when_the_lease_has_run_out(f: &Fixture) {
    let bought = f.buy(&ann(), 1).await;
    let begun = begin(f, &bought).await;
    f.wait(59);
    assert!(stalled(f).await.is_empty());
    f.wait(1);
    assert_eq!(stalled(f).await[0].lease, token(2));
    stale(f.releases.park(&parking(f, &bought, begun.lease, 1)).await.unwrap());
    stale(f.releases.refer(&referral(f, &bought, begun.lease)).await.unwrap());
    stale(f.releases.give_back(&give_back(f, &bought, begun.lease)).await.unwrap());
    applied(f.releases.finish(&end(f, &bought)).await.unwrap());
    stale(f.releases.park(&parking(f, &bought, token(2), 1)).await.unwrap());
}

/// No worker takes it; evidence ends it.
pub async fn a_release_under_review_can_still_be_finished(f: &Fixture) {
    let bought = f.buy(&ann(), 1).await;
    let begun = begin_as(f, &f.release_of(&bought).request(Some(release_key(&["1"])))).await;
    let change = referral(f, &bought, begun.lease);
    let referred = applied(f.releases.refer(&change).await.unwrap());
    assert_eq!(referred.status, NumberStatus::Review);
    assert_eq!(referred.review, Some(ReviewReason::AttemptsSpent));
    assert_eq!(applied(f.releases.refer(&change).await.unwrap()), referred, "repeated harmlessly");
    f.wait(100_000);
    assert!(stalled(f).await.is_empty());
    let open = Some(Repeat::Open { subject: bought.id.as_uuid() });
    assert_eq!(f.releases.repeat(&release_key(&["1"])).await.unwrap(), open);
    let released = applied(f.releases.finish(&end(f, &bought)).await.unwrap());
    assert_eq!((released.status, released.review), (NumberStatus::Released, None));
}

/// An active number is not finished by a message that came too late.
pub async fn evidence_needs_no_lease_but_a_release(f: &Fixture) {
    let bought = f.buy(&ann(), 1).await;
    assert_eq!(stale(f.releases.finish(&end(f, &bought)).await.unwrap()), bought);
}

/// Free, open, ended, and free again a day later.
pub async fn a_key_sees_its_release_through(f: &Fixture) {
    let bought = f.buy(&ann(), 1).await;
    let key = release_key(&["1"]);
    assert_eq!(f.releases.repeat(&key).await.unwrap(), None);
    begin_as(f, &f.release_of(&bought).request(Some(key.clone()))).await;
    let open = Repeat::Open { subject: bought.id.as_uuid() };
    assert_eq!(f.releases.repeat(&key).await.unwrap(), Some(open.clone()));
    f.wait(1);
    let again = f.releases.begin(&f.release_of(&bought).request(Some(key.clone()))).await.unwrap();
    assert_eq!(again, ReleaseAnswer::Repeat(open));
    f.releases.finish(&end(f, &bought)).await.unwrap();
    let ended = Some(Repeat::Ended(ReleaseOutcome::Released));
    assert_eq!(f.releases.repeat(&key).await.unwrap(), ended);
    assert_eq!(f.releases.repeat(&release_key(&["2"])).await.unwrap(), Some(Repeat::OtherCommand));
    f.clock.advance(TimeDelta::hours(24));
    assert_eq!(f.releases.repeat(&key).await.unwrap(), None);
}

/// The first answer is the answer.
pub async fn a_refusal_is_kept_under_its_key(f: &Fixture) {
    let bought = f.buy(&ann(), 1).await;
    let primary = OwnedNumber { business: Some(business(1)), is_primary: true, ..bought.clone() };
    f.numbers.update(&Change::new(NumberUpdate { number: primary })).await.unwrap();
    let change = f.release_of(&bought).request(Some(release_key(&["1"])));
    assert_eq!(refusal(f, &change).await, ReleaseRefusal::Primary);
    let mut plain = number(f, &bought).await;
    plain.is_primary = false;
    f.numbers.update(&Change::new(NumberUpdate { number: plain })).await.unwrap();
    let ended = Repeat::Ended(ReleaseOutcome::Refused { why: ReleaseRefusal::Primary });
    assert_eq!(f.releases.begin(&change).await.unwrap(), ReleaseAnswer::Repeat(ended));
}

/// Eight at once: one begins.
pub async fn parallel_releases_begin_one(f: &Fixture) {
    let bought = f.buy(&ann(), 1).await;
    let changes: Vec<_> = (0..8).map(|_| f.release_of(&bought)).collect();
    let answers = join_all(changes.iter().map(|change| f.releases.begin(change))).await;
    let begun = answers.iter().filter(|a| matches!(a, Ok(ReleaseAnswer::Begun(_)))).count();
    let busy =
        answers.iter().filter(|a| matches!(a, Ok(ReleaseAnswer::Refused(ReleaseRefusal::Busy)))).count();
    assert_eq!((begun, busy), (1, 7));
}

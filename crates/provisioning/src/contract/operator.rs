//! Writing numbers off, ending reviews, and the files that such decisions are made on.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a suite fails by panicking")]

use std::time::Duration;

use futures::future::join_all;
use trunkline_domain::{
    Change, NumberStatus, Origin, OwnedNumber, ProviderIdentity, RequestKey, RequestOperation, ReviewReason,
};

use super::fixture::{Fixture, account, ann, bob, business, key, phone, sid, terms, token, unexpected, usd};
use crate::port::{
    BegunRelease, ClaimEnd, LeftoverOpening, NumberFile, NumberName, NumberUpdate, Orphan, OrphanAnswer,
    OrphanEnd, OrphanOpening, OrphanReferral, OrphanRefusal, OrphanResumeAnswer, OrphanResumption,
    OrphanStage, OrphanStanding, ReleaseAnswer, ReleaseEnd, ReleaseParking, ReleaseReferral,
    ReleaseResumption, ReleaseReturn, ReleaseStop, ReleaseTransition, Repeat, ResumeAnswer, ReviewKeeping,
    StoppedReleases, WriteOff,
};
use crate::{LeaseToken, ReleaseOutcome};

fn release_key(number: &OwnedNumber) -> RequestKey {
    key(&ann(), RequestOperation::Release, &number.id.to_string(), &[])
}

/// A number of Ann's whose release has begun, with a client's key.
async fn releasing(f: &Fixture, number: u16) -> BegunRelease {
    let bought = f.buy(&ann(), number).await;
    let change = f.release_of(&bought).request(Some(release_key(&bought)));
    match f.releases.begin(&change).await.unwrap() {
        ReleaseAnswer::Begun(begun) => begun,
        other => unexpected(&other),
    }
}

/// A number of Ann's that waits for an operator, after three attempts.
async fn reviewed(f: &Fixture, number: u16) -> OwnedNumber {
    let begun = releasing(f, number).await;
    let (id, next_attempt_in) = (begun.number.id, Duration::ZERO);
    let parking =
        ReleaseParking { number: id, lease: begun.lease, next_attempt_in, attempts: 3, at: f.now() };
    f.releases.park(&Change::new(parking)).await.unwrap();
    let lease = f.releases.claim_stalled(terms(), 10).await.unwrap()[0].lease;
    let referral = ReleaseReferral { number: id, lease, reason: ReviewReason::AttemptsSpent, at: f.now() };
    match f.releases.refer(&Change::new(referral)).await.unwrap() {
        ReleaseTransition::Applied(number) => number,
        other @ ReleaseTransition::Stale(_) => unexpected(&other),
    }
}

fn write_off(f: &Fixture, number: &OwnedNumber) -> Change<WriteOff> {
    let audit = Origin::command_line().audit("number.write_off", number.id, Some(&number.user), f.now());
    Change::new(WriteOff { number: number.id, at: f.now() }).audit(audit)
}

async fn written_off(f: &Fixture, number: &OwnedNumber) -> OwnedNumber {
    applied(f.decisions.write_off(&write_off(f, number)).await.unwrap())
}

fn resumption(f: &Fixture, number: &OwnedNumber) -> Change<ReleaseResumption> {
    let audit = Origin::command_line().audit("number.resume_release", number.id, Some(&number.user), f.now());
    Change::new(ReleaseResumption { number: number.id, terms: terms(), at: f.now() }).audit(audit)
}

async fn resumed(f: &Fixture, change: &Change<ReleaseResumption>) -> BegunRelease {
    match f.decisions.resume_release(change).await.unwrap() {
        ResumeAnswer::Resumed(begun) => begun,
        other @ ResumeAnswer::Stale(_) => unexpected(&other),
    }
}

fn keeping(f: &Fixture, number: &OwnedNumber) -> Change<ReviewKeeping> {
    Change::new(ReviewKeeping { number: number.id, at: f.now() })
}

fn end(f: &Fixture, number: &OwnedNumber) -> Change<ReleaseEnd> {
    Change::new(ReleaseEnd { number: number.id, at: f.now() })
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

/// The number of a failed order that waits for an operator, with the lease of whoever gave it up.
async fn reviewed_orphan(f: &Fixture, number: u16, n: u64) -> (Orphan, LeaseToken) {
    f.credit(&ann(), usd("1.50")).await;
    let failed = f.open(&ann(), number, usd("1.50")).await;
    f.fail(&failed, ClaimEnd::Cool).await;
    let identity = ProviderIdentity { account: account(), number: sid(n) };
    let orphan = Orphan { identity: identity.clone(), phone_number: phone(number), order: failed.order.id };
    let opening = OrphanOpening { orphan: orphan.clone(), terms: terms(), at: f.now() };
    let lease = match f.orphans.begin(&Change::new(opening)).await.unwrap() {
        OrphanAnswer::Begun(lease) => lease,
        other @ OrphanAnswer::Refused(_) => unexpected(&other),
    };
    let referral = OrphanReferral { identity, lease, reason: ReviewReason::AttemptsSpent, at: f.now() };
    assert!(f.orphans.refer(&Change::new(referral)).await.unwrap());
    (orphan, lease)
}

fn orphan_resumption(f: &Fixture, orphan: &Orphan, after: LeaseToken) -> Change<OrphanResumption> {
    let identity = orphan.identity.clone();
    Change::new(OrphanResumption { identity, after, terms: terms(), at: f.now() })
}

async fn resume_orphan(f: &Fixture, change: &Change<OrphanResumption>) -> OrphanResumeAnswer {
    f.decisions.resume_orphan(change).await.unwrap()
}

/// Active and primary, releasing, in review.
pub async fn a_live_number_is_written_off_from_every_status(f: &Fixture) {
    let bought = f.buy(&ann(), 1).await;
    let primary = OwnedNumber { business: Some(business(1)), is_primary: true, ..bought };
    f.numbers.update(&Change::new(NumberUpdate { number: primary.clone() })).await.unwrap();
    let begun = releasing(f, 2).await.number;
    let waiting = reviewed(f, 3).await;
    f.wait(5);
    for number in [&primary, &begun, &waiting] {
        let change = write_off(f, number);
        let released = applied(f.decisions.write_off(&change).await.unwrap());
        assert_eq!((released.status, released.is_primary), (NumberStatus::Released, false));
        assert_eq!((released.review, released.updated_at), (None, f.now()));
        assert!(released.version > number.version);
        assert_eq!(applied(f.decisions.write_off(&change).await.unwrap()), released, "repeated harmlessly");
    }
    let ended = Some(Repeat::Ended(ReleaseOutcome::Released));
    assert_eq!(f.releases.repeat(&release_key(&begun)).await.unwrap(), ended);
    assert_eq!(f.releases.repeat(&release_key(&waiting)).await.unwrap(), ended);
    f.wait(100_000);
    assert!(f.releases.claim_stalled(terms(), 10).await.unwrap().is_empty());
    assert_eq!(f.balance(&ann()).await.posted, usd("0"), "no refund");
    f.assert_ledger_whole().await;
}

/// Its claim is free, its order completed, its row kept.
pub async fn a_number_that_is_written_off_is_free(f: &Fixture) {
    let bought = f.buy(&ann(), 1).await;
    written_off(f, &bought).await;
    assert_eq!(f.numbers.number_by_phone(&phone(1)).await.unwrap(), None);
    assert_eq!(f.reconciliations.contradictions(f.now(), 10).await.unwrap(), []);
    let again = f.buy(&bob(), 1).await;
    written_off(f, &bought).await;
    let owner = f.numbers.number_by_phone(&phone(1)).await.unwrap();
    assert_eq!(owner, Some(again), "a repeat does not touch who has it now");
}

/// What they still have to say is stale; that it is gone is nothing new.
pub async fn a_write_off_leaves_a_worker_without_a_say(f: &Fixture) {
    let begun = releasing(f, 1).await;
    let released = written_off(f, &begun.number).await;
    let (number, lease, at) = (released.id, begun.lease, f.now());
    let parking = ReleaseParking { number, lease, next_attempt_in: Duration::ZERO, attempts: 1, at };
    stale(f.releases.park(&Change::new(parking)).await.unwrap());
    let referral = ReleaseReferral { number, lease, reason: ReviewReason::AttemptsSpent, at };
    stale(f.releases.refer(&Change::new(referral)).await.unwrap());
    let back = ReleaseReturn { number, lease, code: None, at };
    stale(f.releases.give_back(&Change::new(back)).await.unwrap());
    assert_eq!(applied(f.releases.finish(&end(f, &released)).await.unwrap()), released);
    stale(f.decisions.keep(&keeping(f, &released)).await.unwrap());
}

/// Whoever comes first, it is released once.
pub async fn parallel_write_offs_and_ends_of_a_release_agree(f: &Fixture) {
    for n in 1..=6 {
        let number = releasing(f, n).await.number;
        let version = number.version;
        let (write_off, end) = (write_off(f, &number), end(f, &number));
        let (off, ended) = futures::join!(f.decisions.write_off(&write_off), f.releases.finish(&end));
        let (off, ended) = (applied(off.unwrap()), applied(ended.unwrap()));
        assert_eq!((off.version, off), (version + 1, ended));
    }
}

/// The one who resumed it has the lease, and a lost acknowledgement gives it to them again.
pub async fn a_release_is_resumed_with_its_attempts_counted_anew(f: &Fixture) {
    let waiting = reviewed(f, 1).await;
    f.wait(1_000);
    let change = resumption(f, &waiting);
    let begun = resumed(f, &change).await;
    assert_eq!((begun.number.status, begun.number.review), (NumberStatus::Releasing, None));
    assert_eq!((begun.number.version, begun.lease), (waiting.version + 1, token(3)));
    assert_eq!(resumed(f, &change).await, begun, "repeated harmlessly");
    let files = f.decisions.files(&NumberName::Id(waiting.id)).await.unwrap();
    assert_eq!(files.numbers, [NumberFile { number: begun.number.clone(), release_attempts: 0 }]);
    let back = ReleaseReturn { number: waiting.id, lease: begun.lease, code: Some(1), at: f.now() };
    assert_eq!(applied(f.releases.give_back(&Change::new(back)).await.unwrap()).status, NumberStatus::Active);
}

/// When its lease runs out; whoever resumed it has no say any more.
pub async fn a_resumed_release_is_taken_over_like_any_other(f: &Fixture) {
    let waiting = reviewed(f, 1).await;
    let change = resumption(f, &waiting);
    let begun = resumed(f, &change).await;
    assert!(f.releases.claim_stalled(terms(), 10).await.unwrap().is_empty());
    f.wait(60);
    let taken = f.releases.claim_stalled(terms(), 10).await.unwrap();
    assert_eq!((taken[0].lease, taken[0].attempts), (token(4), 0));
    assert_eq!(resumed(f, &change).await.lease, begun.lease, "not the current one");
    let back = ReleaseReturn { number: waiting.id, lease: begun.lease, code: None, at: f.now() };
    stale(f.releases.give_back(&Change::new(back)).await.unwrap());
    applied(f.releases.finish(&end(f, &waiting)).await.unwrap());
    let ended = Some(Repeat::Ended(ReleaseOutcome::Released));
    assert_eq!(f.releases.repeat(&release_key(&waiting)).await.unwrap(), ended);
}

/// Active again; a client who waits hears that it was not taken back, and a slow worker's word comes too late.
pub async fn a_review_is_kept(f: &Fixture) {
    let waiting = reviewed(f, 1).await;
    f.wait(5);
    let change = keeping(f, &waiting);
    let kept = applied(f.decisions.keep(&change).await.unwrap());
    assert_eq!((kept.status, kept.review), (NumberStatus::Active, None));
    assert_eq!((kept.version, kept.updated_at), (waiting.version + 1, f.now()));
    assert_eq!(applied(f.decisions.keep(&change).await.unwrap()), kept, "repeated harmlessly");
    let ended = Some(Repeat::Ended(ReleaseOutcome::RefusedByProvider { code: None }));
    assert_eq!(f.releases.repeat(&release_key(&waiting)).await.unwrap(), ended);
    stale(f.releases.finish(&end(f, &waiting)).await.unwrap());
    f.wait(1);
    stale(f.decisions.keep(&keeping(f, &waiting)).await.unwrap());
    assert_eq!(f.numbers.number_by_phone(&phone(1)).await.unwrap(), Some(kept.clone()));
    assert!(matches!(f.releases.begin(&f.release_of(&kept)).await.unwrap(), ReleaseAnswer::Begun(_)));
}

/// Neither an active number nor one whose release is under way.
pub async fn only_reviews_are_ended(f: &Fixture) {
    let active = f.buy(&ann(), 1).await;
    let begun = releasing(f, 2).await.number;
    f.wait(1);
    for number in [active, begun] {
        stale(f.decisions.keep(&keeping(f, &number)).await.unwrap());
        let answer = f.decisions.resume_release(&resumption(f, &number)).await.unwrap();
        assert_eq!(answer, ResumeAnswer::Stale(number));
    }
}

/// Numbers' and orphans', once; whoever works on one has no say any more, and each is decided as every review is.
pub async fn every_release_is_stopped(f: &Fixture) {
    let active = f.buy(&ann(), 3).await;
    let begun = releasing(f, 1).await;
    f.credit(&ann(), usd("1.50")).await;
    let failed = f.open(&ann(), 2, usd("1.50")).await;
    f.fail(&failed, ClaimEnd::Cool).await;
    let identity = ProviderIdentity { account: account(), number: sid(777) };
    let orphan = Orphan { identity: identity.clone(), phone_number: phone(2), order: failed.order.id };
    let opening = OrphanOpening { orphan, terms: terms(), at: f.now() };
    let answer = f.orphans.begin(&Change::new(opening)).await.unwrap();
    assert!(matches!(answer, OrphanAnswer::Begun(_)), "{answer:?}");
    f.wait(5);
    let stop = Change::new(ReleaseStop { at: f.now() });
    let stopped = f.decisions.stop_releases(&stop).await.unwrap();
    assert_eq!(stopped, StoppedReleases { numbers: 1, orphans: 1 });
    let number = f.numbers.number_by_phone(&phone(1)).await.unwrap().unwrap();
    assert_eq!((number.status, number.review), (NumberStatus::Review, Some(ReviewReason::Stopped)));
    assert_eq!(f.orphans.orphan_standing(&identity).await.unwrap(), Some(OrphanStanding::InReview));
    let back = ReleaseReturn { number: number.id, lease: begun.lease, code: None, at: f.now() };
    stale(f.releases.give_back(&Change::new(back)).await.unwrap());
    f.wait(100_000);
    assert!(f.releases.claim_stalled(terms(), 10).await.unwrap().is_empty());
    assert!(f.orphans.claim_stalled(terms(), 10).await.unwrap().is_empty());
    let again = f.decisions.stop_releases(&Change::new(ReleaseStop { at: f.now() })).await.unwrap();
    assert_eq!(again, StoppedReleases::default());
    assert_eq!(applied(f.decisions.keep(&keeping(f, &number)).await.unwrap()).status, NumberStatus::Active);
    assert_eq!(f.numbers.number_by_phone(&phone(3)).await.unwrap(), Some(active), "nothing else is touched");
}

/// One operator has it tried again while another one keeps it.
pub async fn parallel_ends_of_a_review_end_it_once(f: &Fixture) {
    for n in 1..=6 {
        let waiting = reviewed(f, n).await;
        f.wait(1);
        let (resumption, keeping) = (resumption(f, &waiting), keeping(f, &waiting));
        let (resumed, kept) =
            futures::join!(f.decisions.resume_release(&resumption), f.decisions.keep(&keeping));
        match (resumed.unwrap(), kept.unwrap()) {
            (ResumeAnswer::Resumed(_), ReleaseTransition::Stale(_)) => {
                applied(f.releases.finish(&end(f, &waiting)).await.unwrap());
            }
            (ResumeAnswer::Stale(_), ReleaseTransition::Applied(_)) => {}
            other => unexpected(&other),
        }
    }
    let waiting = reviewed(f, 7).await;
    let changes: Vec<_> = (0..4)
        .map(|n| {
            f.wait(1);
            let mut change = resumption(f, &waiting);
            change.audit[0].request_id = Some(n.to_string());
            change
        })
        .collect();
    let answers = join_all(changes.iter().map(|change| f.decisions.resume_release(change))).await;
    let resumed = answers.iter().filter(|answer| matches!(answer, Ok(ResumeAnswer::Resumed(_)))).count();
    assert_eq!(resumed, 1);
}

/// With its attempts counted anew, and to its end.
pub async fn an_orphans_release_is_resumed(f: &Fixture) {
    let (orphan, lease) = reviewed_orphan(f, 1, 1).await;
    f.wait(1_000);
    let change = orphan_resumption(f, &orphan, lease);
    assert_eq!(resume_orphan(f, &change).await, OrphanResumeAnswer::Resumed(token(2)));
    assert_eq!(resume_orphan(f, &change).await, OrphanResumeAnswer::Resumed(token(2)), "repeated harmlessly");
    assert!(f.orphans.claim_stalled(terms(), 10).await.unwrap().is_empty());
    let file = f.decisions.files(&NumberName::Sid(sid(1))).await.unwrap().orphans.remove(0);
    assert_eq!((file.stage, file.attempts, file.lease), (OrphanStage::Releasing, 0, token(2)));
    let end = OrphanEnd { identity: orphan.identity.clone(), at: f.now() };
    assert!(f.orphans.finish(&Change::new(end)).await.unwrap());
    assert_eq!(resume_orphan(f, &change).await, OrphanResumeAnswer::Refused(OrphanRefusal::InProgress));
    let file = f.decisions.files(&NumberName::Sid(sid(1))).await.unwrap().orphans.remove(0);
    assert_eq!(file.stage, OrphanStage::Released);
}

/// A number that was given back, was there all the same, and could not be given back again.
pub async fn a_leftovers_release_is_resumed(f: &Fixture) {
    let number = f.buy(&ann(), 1).await;
    f.releases.begin(&f.release_of(&number)).await.unwrap();
    applied(f.releases.finish(&end(f, &number)).await.unwrap());
    let (identity, order) = (number.identity.clone().unwrap(), number.order.unwrap());
    let orphan = Orphan { identity: identity.clone(), phone_number: number.phone_number.clone(), order };
    let opening = LeftoverOpening { number: number.id, orphan: orphan.clone(), terms: terms(), at: f.now() };
    let lease = match f.orphans.begin_leftover(&Change::new(opening)).await.unwrap() {
        OrphanAnswer::Begun(lease) => lease,
        other @ OrphanAnswer::Refused(_) => unexpected(&other),
    };
    let referral = OrphanReferral { identity, lease, reason: ReviewReason::AttemptsSpent, at: f.now() };
    assert!(f.orphans.refer(&Change::new(referral)).await.unwrap());
    f.wait(1);
    let change = orphan_resumption(f, &orphan, lease);
    assert!(matches!(resume_orphan(f, &change).await, OrphanResumeAnswer::Resumed(_)));
}

/// Not where somebody has worked on it since, took it over, or nothing is known of it.
pub async fn an_orphan_is_resumed_only_as_it_was_read(f: &Fixture) {
    let (orphan, lease) = reviewed_orphan(f, 1, 1).await;
    let in_progress = OrphanResumeAnswer::Refused(OrphanRefusal::InProgress);
    assert_eq!(resume_orphan(f, &orphan_resumption(f, &orphan, token(7))).await, in_progress);
    let change = orphan_resumption(f, &orphan, lease);
    resume_orphan(f, &change).await;
    f.wait(1);
    assert_eq!(resume_orphan(f, &orphan_resumption(f, &orphan, lease)).await, in_progress);
    f.wait(60);
    assert_eq!(f.orphans.claim_stalled(terms(), 10).await.unwrap()[0].lease, token(3));
    assert_eq!(resume_orphan(f, &change).await, in_progress, "somebody else has it now");
    let identity = ProviderIdentity { account: account(), number: sid(99) };
    let unknown = Orphan { identity, ..orphan };
    assert_eq!(resume_orphan(f, &orphan_resumption(f, &unknown, lease)).await, in_progress);
}

/// By our id, by the provider's, and by the phone number, released ones included.
pub async fn files_show_what_there_is(f: &Fixture) {
    let nothing = f.decisions.files(&NumberName::Phone(phone(1))).await.unwrap();
    assert_eq!((nothing.numbers.len(), nothing.orphans.len()), (0, 0));
    let first = f.buy(&ann(), 1).await;
    let released = written_off(f, &first).await;
    f.wait(1);
    let second = reviewed(f, 1).await;
    let by_phone = f.decisions.files(&NumberName::Phone(phone(1))).await.unwrap();
    let (old, new) = (
        NumberFile { number: released, release_attempts: 0 },
        NumberFile { number: second.clone(), release_attempts: 3 },
    );
    assert_eq!(by_phone.numbers, [new.clone(), old.clone()]);
    let its_sid = second.identity.clone().unwrap().number;
    assert_eq!(f.decisions.files(&NumberName::Sid(its_sid)).await.unwrap().numbers, [new]);
    assert_eq!(f.decisions.files(&NumberName::Id(first.id)).await.unwrap().numbers, [old]);
    let (orphan, lease) = reviewed_orphan(f, 2, 77).await;
    let by_phone = f.decisions.files(&NumberName::Phone(phone(2))).await.unwrap();
    assert_eq!((by_phone.numbers.len(), by_phone.orphans.len()), (0, 1));
    let file = &by_phone.orphans[0];
    assert_eq!((&file.orphan, file.lease, file.updated_at), (&orphan, lease, f.now()));
    assert_eq!(file.stage, OrphanStage::Review(ReviewReason::AttemptsSpent));
}

/// Those that wait, the longest first.
pub async fn orphans_in_review_are_listed(f: &Fixture) {
    let (second, _) = reviewed_orphan(f, 1, 2).await;
    f.wait(1);
    let (first, _) = reviewed_orphan(f, 2, 1).await;
    f.wait(1);
    let (over, _) = reviewed_orphan(f, 3, 3).await;
    f.orphans.finish(&Change::new(OrphanEnd { identity: over.identity, at: f.now() })).await.unwrap();
    let listed = f.decisions.orphans_in_review(10).await.unwrap();
    assert_eq!(listed.iter().map(|file| &file.orphan).collect::<Vec<_>>(), [&second, &first]);
    assert_eq!(f.decisions.orphans_in_review(1).await.unwrap().len(), 1);
}

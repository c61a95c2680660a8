//! What repairing needs of a store: the release of what was given back and is still there, the beginning of mending, the
//! addresses that were ever used, and when the last reconciliation was.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a suite fails by panicking")]

use std::time::Duration;

use trunkline_domain::{Change, NumberId, Origin, OwnedNumber, ProviderIdentity};
use uuid::Uuid;

use super::fixture::{Fixture, account, ann, bob, phone, sid, terms, usd};
use crate::LeaseToken;
use crate::port::{
    ClaimEnd, LeftoverOpening, Mending, MendingAnswer, NumberUpdate, OpenAnswer, Orphan, OrphanAnswer,
    OrphanEnd, OrphanParking, OrphanRefusal, PassResult, ReleaseEnd,
};

async fn given_back(f: &Fixture, n: u16) -> OwnedNumber {
    let number = f.buy(&ann(), n).await;
    f.releases.begin(&f.release_of(&number)).await.unwrap();
    f.releases.finish(&Change::new(ReleaseEnd { number: number.id, at: f.now() })).await.unwrap();
    number
}

fn opening(f: &Fixture, number: &OwnedNumber) -> LeftoverOpening {
    let (identity, order) = (number.identity.clone().unwrap(), number.order.unwrap());
    let orphan = Orphan { identity, phone_number: number.phone_number.clone(), order };
    LeftoverOpening { number: number.id, orphan, terms: terms(), at: f.now() }
}

async fn begin(f: &Fixture, opening: LeftoverOpening) -> OrphanAnswer {
    let audit = Origin::system().audit("number.release_again", opening.number, None, opening.at);
    f.orphans.begin_leftover(&Change::new(opening).audit(audit)).await.unwrap()
}

async fn end(f: &Fixture, number: &OwnedNumber) {
    let end = OrphanEnd { identity: number.identity.clone().unwrap(), at: f.now() };
    assert!(f.orphans.finish(&Change::new(end)).await.unwrap());
}

async fn opens(f: &Fixture, n: u16) -> bool {
    let answer = f.purchases.open(&f.opening(&bob(), n, usd("1.50"))).await.unwrap();
    matches!(answer, OpenAnswer::Opened(_))
}

const fn refused(refusal: OrphanRefusal) -> OrphanAnswer {
    OrphanAnswer::Refused(refusal)
}

/// Nobody else can buy the number meanwhile, and a worker that left it is followed by another.
pub async fn a_leftover_is_released_as_an_orphan_is(f: &Fixture) {
    let number = given_back(f, 1).await;
    let OrphanAnswer::Begun(lease) = begin(f, opening(f, &number)).await else { unreachable!("it is begun") };
    assert_eq!(begin(f, opening(f, &number)).await, refused(OrphanRefusal::InProgress));
    f.credit(&bob(), usd("3")).await;
    assert!(!opens(f, 1).await);
    let parking = OrphanParking {
        identity: number.identity.clone().unwrap(),
        lease,
        next_attempt_in: Duration::ZERO,
        attempts: 4,
        at: f.now(),
    };
    assert!(f.orphans.park(&Change::new(parking)).await.unwrap());
    let [stalled] = &f.orphans.claim_stalled(terms(), 10).await.unwrap()[..] else {
        unreachable!("it is taken over")
    };
    assert_eq!((&stalled.orphan, stalled.attempts), (&opening(f, &number).orphan, 4));
    end(f, &number).await;
    assert!(opens(f, 1).await);
}

/// The provider may say twice that it is gone, and be wrong both times.
pub async fn a_leftover_that_comes_back_is_begun_again(f: &Fixture) {
    let number = given_back(f, 1).await;
    for attempt in 1..=3 {
        let begun = begin(f, opening(f, &number)).await;
        assert_eq!(begun, OrphanAnswer::Begun(LeaseToken::from_i64(attempt)));
        end(f, &number).await;
    }
}

/// Nor is one under another identity, number or order.
pub async fn a_number_that_is_not_given_back_is_no_leftover(f: &Fixture) {
    let live = f.buy(&ann(), 1).await;
    assert_eq!(begin(f, opening(f, &live)).await, refused(OrphanRefusal::NotReleased));
    f.releases.begin(&f.release_of(&live)).await.unwrap();
    assert_eq!(begin(f, opening(f, &live)).await, refused(OrphanRefusal::NotReleased));
    let released = given_back(f, 2).await;
    let mut unknown = opening(f, &released);
    unknown.number = NumberId::from_uuid(Uuid::from_u128(9));
    let mut renumbered = opening(f, &released);
    renumbered.orphan.phone_number = phone(3);
    let mut elsewhere = opening(f, &released);
    elsewhere.orphan.identity = ProviderIdentity { account: account(), number: sid(77) };
    let mut ordered_otherwise = opening(f, &released);
    ordered_otherwise.orphan.order = live.order.unwrap();
    for strange in [unknown, renumbered, elsewhere, ordered_otherwise] {
        assert_eq!(begin(f, strange).await, refused(OrphanRefusal::NotReleased));
    }
}

/// Whoever has the phone number since keeps it; what only cools is taken over, and cools on.
pub async fn a_leftover_whose_phone_number_somebody_has_is_left_alone(f: &Fixture) {
    let number = given_back(f, 1).await;
    f.credit(&bob(), usd("3")).await;
    let opened = f.open(&bob(), 1, usd("1.50")).await;
    assert_eq!(begin(f, opening(f, &number)).await, refused(OrphanRefusal::ClaimedByOther));
    f.fail(&opened, ClaimEnd::Cool).await;
    assert!(matches!(begin(f, opening(f, &number)).await, OrphanAnswer::Begun(_)));
    end(f, &number).await;
    assert!(!opens(f, 1).await);
}

/// And never twice noted for one beginning.
pub async fn mending_begins_on_the_row_that_was_read(f: &Fixture) {
    let number = f.buy(&ann(), 1).await;
    let mending = |version| {
        let audit = Origin::system().audit("number.set_up_again", number.id, None, f.now());
        Change::new(Mending { number: number.id, version }).audit(audit)
    };
    for _ in 0..2 {
        let begun = f.reconciliations.begin_mending(&mending(number.version)).await.unwrap();
        assert_eq!(begun, MendingAnswer::Begun);
    }
    let renamed = OwnedNumber { display_name: "Sales".parse().unwrap(), ..number.clone() };
    f.numbers.update(&Change::new(NumberUpdate { number: renamed })).await.unwrap();
    let changed = f.reconciliations.begin_mending(&mending(number.version)).await.unwrap();
    assert_eq!(changed, MendingAnswer::Changed);
    f.releases.begin(&f.release_of(&number)).await.unwrap();
    let leaving = f.reconciliations.begin_mending(&mending(number.version + 2)).await.unwrap();
    assert_eq!(leaving, MendingAnswer::Changed);
}

/// However often it is noted.
pub async fn an_address_once_used_stays_known(f: &Fixture) {
    assert_eq!(f.reconciliations.webhooks_used().await.unwrap(), [""; 0]);
    let remember = async |addresses: &[&str]| {
        let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        f.reconciliations.remember_webhooks(&addresses, f.now()).await.unwrap();
    };
    remember(&["https://b.example/voice", "https://a.example/voice"]).await;
    remember(&["https://b.example/voice", "https://c.example/voice"]).await;
    remember(&[]).await;
    let known = ["https://a.example/voice", "https://b.example/voice", "https://c.example/voice"];
    assert_eq!(f.reconciliations.webhooks_used().await.unwrap(), known);
}

/// A pass or a reconciliation, whichever was later; only whole ones count.
pub async fn the_last_whole_reconciliation_is_known(f: &Fixture) {
    let last = async || f.reconciliations.last_reconciled_at().await.unwrap();
    let began = last().await;
    // A deployment may begin by the database's own clock, which is ahead of this play's.
    f.wait(1_000_000_000);
    assert!(began <= f.now());
    let incomplete = crate::Report { complete: false, ..f.report() };
    f.keep_report(&incomplete).await;
    assert_eq!(last().await, began);
    f.wait(60);
    let report = f.report();
    f.keep_report(&report).await;
    assert_eq!(last().await, report.ended_at);
    f.wait(60);
    for complete in [true, false] {
        let pass = f.orphans.begin_pass(terms(), Duration::ZERO).await.unwrap().unwrap();
        let cooling = Duration::from_hours(24);
        let result = PassResult { pass, account: account(), complete, present: Vec::new(), cooling };
        f.orphans.finish_pass(&Change::new(result)).await.unwrap();
        let after = last().await;
        assert!(after > report.ended_at && after <= f.now(), "{after}");
        f.wait(60);
    }
}

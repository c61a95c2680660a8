//! What a reconciliation reads of our books, and its reports. That contradictions are found has to be shown on each
//! engine, because no port can make one.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a suite fails by panicking")]

use std::time::Duration;

use chrono::TimeDelta;
use futures::future::join_all;
use trunkline_domain::{
    Change, Country, DeploymentId, FailureReason, NumberId, NumberStatus, OrderId, OwnedNumber, ReviewReason,
};
use uuid::Uuid;

use super::fixture::{Fixture, account, ann, bob, phone, sid, terms, usd};
use crate::port::{
    Authority, ClaimEnd, Contradiction, Missing, NumberRecording, PurchaseParking, PurchaseReferral,
    REPORTS_KEPT, ReleaseEnd,
};
use crate::{
    BookedNumber, Difference, Finding, Found, HeldBack, HeldNumber, Repair, RepairCounts, Report, Setting,
};

/// A number that is bought under an id of ours.
async fn buy_as(f: &Fixture, id: u128, number: u16) -> OwnedNumber {
    f.credit(&ann(), usd("1.50")).await;
    let order = f.open(&ann(), number, usd("1.50")).await.order;
    let mut change = f.settlement(&order, &sid(number.into()));
    change.body.number.id = NumberId::from_uuid(Uuid::from_u128(id));
    change.body.capture.number = change.body.number.id;
    f.purchases.settle(&change).await.unwrap();
    change.body.number
}

async fn record(f: &Fixture, number: u16) {
    let change = Change::new(NumberRecording { number: f.record_of(&bob(), number) });
    f.numbers.record(&change).await.unwrap();
}

async fn page(f: &Fixture, after: Option<NumberId>, limit: u16) -> Vec<OwnedNumber> {
    f.reconciliations.bought_numbers(after, limit).await.unwrap()
}

async fn kept(f: &Fixture, limit: u16) -> Vec<Report> {
    f.reconciliations.reports(limit).await.unwrap()
}

/// Whole, whoever's they are and whenever they were bought.
pub async fn bought_numbers_are_read_in_the_order_of_their_ids(f: &Fixture) {
    let last = buy_as(f, u128::MAX, 1).await;
    let middle = buy_as(f, 1 << 100, 2).await;
    let first = f.buy(&bob(), 3).await;
    assert_eq!(page(f, None, 10).await, [first, middle, last]);
}

/// A page that is not full is the last, and one may be empty.
pub async fn bought_numbers_are_read_page_by_page(f: &Fixture) {
    let mut bought = Vec::new();
    for n in 1..=4 {
        bought.push(f.buy(&ann(), n).await);
        record(f, n).await;
    }
    let after = |n: usize| Some(bought[n].id);
    assert_eq!(page(f, None, 3).await, bought[..3]);
    assert_eq!(page(f, after(2), 3).await, bought[3..]);
    assert_eq!(page(f, after(1), 2).await, bought[2..]);
    assert_eq!(page(f, after(3), 2).await, []);
    let between = NumberId::from_uuid(Uuid::from_u128(bought[1].id.as_uuid().as_u128() + 1));
    assert_eq!(page(f, Some(between), 2).await, bought[2..], "the number before may be nowhere");
}

/// Ids at the provider are never reused, so what has one is compared for ever.
pub async fn released_numbers_were_bought_and_records_were_not(f: &Fixture) {
    record(f, 1).await;
    let bought = f.buy(&ann(), 2).await;
    f.releases.begin(&f.release_of(&bought)).await.unwrap();
    assert_eq!(page(f, None, 10).await[0].status, NumberStatus::Releasing);
    f.releases.finish(&Change::new(ReleaseEnd { number: bought.id, at: f.now() })).await.unwrap();
    let numbers = page(f, None, 10).await;
    assert_eq!(numbers.iter().map(|number| number.id).collect::<Vec<_>>(), [bought.id]);
    assert_eq!((numbers[0].status, &numbers[0].identity), (NumberStatus::Released, &bought.identity));
}

/// Orders in every state, a number that was released, and one that somebody recorded.
pub async fn whole_books_contradict_nothing(f: &Fixture) {
    f.buy(&ann(), 1).await;
    let released = f.buy(&ann(), 2).await;
    f.releases.begin(&f.release_of(&released)).await.unwrap();
    f.releases.finish(&Change::new(ReleaseEnd { number: released.id, at: f.now() })).await.unwrap();
    record(f, 3).await;
    f.credit(&ann(), usd("20")).await;
    f.open(&ann(), 4, usd("1.50")).await;
    let parked = f.open(&ann(), 5, usd("1.50")).await;
    let parking = PurchaseParking {
        order: parked.order.id,
        lease: parked.lease,
        next_look_in: terms().lease,
        first_absent_at: None,
        unanswered: 0,
        at: f.now(),
    };
    f.purchases.park(&Change::new(parking)).await.unwrap();
    let referred = f.open(&ann(), 6, usd("1.50")).await;
    let referral = PurchaseReferral {
        order: referred.order.id,
        lease: referred.lease,
        reason: ReviewReason::StrangeMarker,
        number_sid: Some(sid(6)),
        at: f.now(),
    };
    f.purchases.refer(&Change::new(referral)).await.unwrap();
    let failed = f.open(&ann(), 7, usd("1.50")).await;
    f.fail(&failed, ClaimEnd::Cool).await;
    let refused = f.open(&ann(), 8, usd("1.50")).await;
    let (authority, reason) = (Authority::Lease(refused.lease), FailureReason::NumberUnavailable);
    f.purchases.abort(&f.abort(&refused.order, authority, reason, ClaimEnd::Free)).await.unwrap();
    let found = f.reconciliations.contradictions(f.now() + Duration::from_hours(24), 10).await.unwrap();
    assert_eq!(found, []);
}

/// Every class of finding, and whatever anybody may have called a number.
pub async fn a_report_is_kept_whole(f: &Fixture) {
    let order = OrderId::from_uuid(f.id());
    let held = |friendly_name: &str| HeldNumber {
        number_sid: sid(1),
        phone_number: phone(1),
        friendly_name: friendly_name.to_owned(),
    };
    let booked = BookedNumber {
        number_id: NumberId::from_uuid(f.id()),
        user: ann(),
        phone_number: phone(2),
        number_sid: sid(2),
    };
    let difference = |setting, held: Option<&str>, booked: Option<&str>| Difference {
        setting,
        held: held.map(str::to_owned),
        booked: booked.map(str::to_owned),
    };
    let (user, phone_number, missing) = (ann(), phone(3), Missing::Charge);
    let findings = vec![
        Finding::Orphan { held: held(""), order },
        Finding::UnknownOrder { held: held("nul \0, quote \", backslash \\, 電話 \u{1f4de}"), order },
        Finding::Foreign { held: held("Shop"), deployment: Some(DeploymentId::from_uuid(f.id())) },
        Finding::Foreign { held: held("Shop"), deployment: None },
        Finding::SecondNumber { held: held("Shop"), order },
        Finding::Ghost { booked: booked.clone(), moved_to: Some(account()) },
        Finding::Ghost { booked: booked.clone(), moved_to: None },
        Finding::Drifted {
            booked: booked.clone(),
            differences: vec![
                difference(Setting::FriendlyName, Some("Shop"), Some("Front desk")),
                difference(Setting::VoiceUrl, None, Some("https://numbers.example/voice")),
                difference(Setting::SmsUrl, Some("https://elsewhere.example"), None),
                difference(Setting::StatusCallbackUrl, Some(""), None),
            ],
        },
        Finding::ReleasedButPresent { booked: booked.clone() },
        Finding::Contradiction(Contradiction { order, user, phone_number, missing }),
        Finding::PriceUnderCost { booked, price: usd("1.15"), cost: usd("1.150001") },
    ];
    let repairs = [Some(Repair::Done), None, None]
        .into_iter()
        .chain(
            [Repair::Skipped { why: "why".to_owned() }, Repair::Failed { why: "why".to_owned() }].map(Some),
        )
        .chain(std::iter::repeat(None));
    let odd = TimeDelta::nanoseconds(789);
    let whole = Report {
        begun_at: f.now() + odd,
        ended_at: f.now() + odd + odd,
        complete: false,
        costs_unknown: vec![Country::US, Country::CA],
        found: 70_000,
        repairable: 3,
        repairs: RepairCounts { done: 1, skipped: 1, failed: 1 },
        held_back: Some(HeldBack { would_repair: 12, limit: 3 }),
        findings: findings
            .into_iter()
            .zip(repairs)
            .map(|(finding, repair)| Found { finding, repair })
            .collect(),
        ..f.report()
    };
    f.keep_report(&whole).await;
    assert_eq!(kept(f, 10).await, [whole]);
}

/// However often its acknowledgement is lost.
pub async fn a_report_is_kept_once(f: &Fixture) {
    let report = f.report();
    f.keep_report(&report).await;
    f.keep_report(&report).await;
    assert_eq!(kept(f, 10).await, [report]);
}

/// And when its repeats meet.
pub async fn parallel_repeats_of_one_report_keep_one(f: &Fixture) {
    let report = f.report();
    join_all((0..5).map(|_| f.keep_report(&report))).await;
    assert_eq!(kept(f, 10).await, [report]);
}

/// Two may begin at the same moment, and two accounts may be listed at once.
pub async fn reports_of_different_moments_and_accounts_are_apart(f: &Fixture) {
    let first = f.report();
    let second = Report { ended_at: first.ended_at + TimeDelta::microseconds(1), ..first.clone() };
    let third = Report { account: format!("AC{}", "1".repeat(32)).parse().unwrap(), ..first.clone() };
    for report in [&first, &second, &third] {
        f.keep_report(report).await;
    }
    assert_eq!(kept(f, 10).await, [third, second, first]);
}

/// And no more than were asked for.
pub async fn the_newest_report_comes_first(f: &Fixture) {
    assert_eq!(kept(f, 10).await, []);
    let mut reports = Vec::new();
    for _ in 0..3 {
        f.wait(60);
        reports.insert(0, f.report());
        f.keep_report(&reports[0]).await;
    }
    assert_eq!(kept(f, 10).await, reports);
    assert_eq!(kept(f, 2).await, reports[..2]);
}

/// As many as there is room for.
pub async fn the_latest_reports_stay(f: &Fixture) {
    let mut reports = Vec::new();
    for _ in 0..REPORTS_KEPT + 3 {
        f.wait(60);
        reports.insert(0, f.report());
        f.keep_report(&reports[0]).await;
    }
    reports.truncate(usize::from(REPORTS_KEPT));
    assert_eq!(kept(f, u16::MAX).await, reports);
}

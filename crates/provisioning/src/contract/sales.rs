//! The switch of sales: what it stops and what it does not, that nothing is kept of what it refuses, and that a day's
//! purchases are counted exactly.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a suite fails by panicking")]

use std::num::NonZeroU32;

use chrono::{NaiveTime, TimeDelta};
use futures::future::join_all;
use trunkline_domain::{Actor, Change, Origin, RequestKey, RequestOperation};

use super::fixture::{Fixture, ann, bob, key, opened, sid, unexpected, usd};
use crate::port::{
    ClaimEnd, OpenAnswer, OpenRefusal, PauseCause, PurchaseOpening, Repeat, RunwayAnswer, RunwayNote,
    SalesPause, SalesStart, SalesStop, Shortage, StartAnswer, StopAnswer,
};

fn stop(f: &Fixture, reason: &str) -> Change<SalesStop> {
    let mut audit = Origin::command_line().audit("sales.stop", "sales", None, f.now());
    audit.reason = Some(reason.to_owned());
    Change::new(SalesStop { by: Actor::CommandLine { login: None }, reason: reason.to_owned(), at: f.now() })
        .audit(audit)
}

fn start(f: &Fixture) -> Change<SalesStart> {
    let audit = Origin::command_line().audit("sales.start", "sales", None, f.now());
    Change::new(SalesStart { at: f.now() }).audit(audit)
}

fn shortage() -> Shortage {
    Shortage { balance: usd("-3.25"), coming_fees: usd("4.60"), floor: usd("20") }
}

fn note(f: &Fixture, shortage: Option<Shortage>) -> Change<RunwayNote> {
    let action = if shortage.is_some() { "sales.pause" } else { "sales.resume" };
    let audit = Origin::system().audit(action, "sales", None, f.now());
    Change::new(RunwayNote { shortage, at: f.now() }).audit(audit)
}

fn purchase_key() -> RequestKey {
    key(&ann(), RequestOperation::Purchase, "k", &["1"])
}

/// An opening of which there may be so many a day.
fn capped(f: &Fixture, number: u16, cap: u32) -> Change<PurchaseOpening> {
    let mut change = f.opening(&ann(), number, usd("1"));
    change.body.daily_cap = NonZeroU32::new(cap);
    change
}

async fn refused(f: &Fixture, change: &Change<PurchaseOpening>) -> PauseCause {
    match f.purchases.open(change).await.unwrap() {
        OpenAnswer::Refused(OpenRefusal::SalesPaused { why }) => why,
        other => unexpected(&other),
    }
}

/// Sales are open on a fresh database.
pub async fn sales_are_open_until_somebody_stops_them(f: &Fixture) {
    let state = f.sales.sales().await.unwrap();
    assert!(state.are_open());
    assert_eq!((state.at, state.purchases_today), (f.now(), 0));
    assert_eq!((state.stop, state.pause), (None, None));
}

/// Nothing opens, and nothing is held; what is open goes on to its end, and numbers are given back.
pub async fn a_stop_refuses_what_is_new_and_nothing_else(f: &Fixture) {
    f.credit(&ann(), usd("25")).await;
    let number = f.buy(&ann(), 1).await;
    let open = f.open(&ann(), 2, usd("1.50")).await;
    assert_eq!(f.sales.stop_sales(&stop(f, "fraud")).await.unwrap(), StopAnswer::Stopped);
    let held = f.balance(&ann()).await;
    assert_eq!(refused(f, &f.opening(&ann(), 3, usd("1.50"))).await, PauseCause::OperatorStop);
    assert_eq!(f.balance(&ann()).await, held);
    // Whose number it is, and whether there is money for it, is not even asked.
    assert_eq!(refused(f, &f.opening(&bob(), 1, usd("1.50"))).await, PauseCause::OperatorStop);

    f.settle(&open.order, &sid(900)).await;
    f.releases.begin(&f.release_of(&number)).await.unwrap();
    assert_eq!(f.sales.start_sales(&start(f)).await.unwrap(), StartAnswer::Started);
    f.open(&ann(), 3, usd("1.50")).await;
    f.assert_ledger_whole().await;
}

/// The same request may be sent again when sales go on.
pub async fn a_refused_key_stays_free(f: &Fixture) {
    f.credit(&ann(), usd("25")).await;
    let keyed = |change: Change<PurchaseOpening>| change.request(Some(purchase_key()));
    f.sales.stop_sales(&stop(f, "fraud")).await.unwrap();
    refused(f, &keyed(f.opening(&ann(), 1, usd("1.50")))).await;
    assert_eq!(f.purchases.repeat(&purchase_key()).await.unwrap(), None);
    f.sales.start_sales(&start(f)).await.unwrap();
    f.sales.note_runway(&note(f, Some(shortage()))).await.unwrap();
    refused(f, &keyed(f.opening(&ann(), 1, usd("1.50")))).await;
    assert_eq!(f.purchases.repeat(&purchase_key()).await.unwrap(), None);
    f.sales.note_runway(&note(f, None)).await.unwrap();
    f.open(&ann(), 2, usd("1")).await;
    refused(f, &keyed(capped(f, 1, 1))).await;
    assert_eq!(f.purchases.repeat(&purchase_key()).await.unwrap(), None);
    f.open_as(&keyed(f.opening(&ann(), 1, usd("1.50")))).await;
}

/// What was asked before is answered as before, whatever has become of sales.
pub async fn a_stop_answers_repeats_as_ever(f: &Fixture) {
    f.credit(&ann(), usd("25")).await;
    let first = f.opening(&ann(), 1, usd("1.50")).request(Some(purchase_key()));
    let order = f.open_as(&first).await.order;
    f.sales.stop_sales(&stop(f, "fraud")).await.unwrap();
    assert_eq!(opened(f.purchases.open(&first).await.unwrap()).order, order, "a lost acknowledgement");
    let again = f.opening(&ann(), 1, usd("1.50")).request(Some(purchase_key()));
    let open = Repeat::Open { subject: order.id.as_uuid() };
    assert_eq!(f.purchases.open(&again).await.unwrap(), OpenAnswer::Repeat(open));
}

/// The first stop stays, with who and why; and neither a stop nor its end happens a second time.
pub async fn a_stop_and_its_end_happen_once(f: &Fixture) {
    let first = stop(f, "fraud");
    assert_eq!(f.sales.stop_sales(&first).await.unwrap(), StopAnswer::Stopped);
    assert_eq!(f.sales.stop_sales(&first).await.unwrap(), StopAnswer::Stopped, "a lost acknowledgement");
    f.wait(1);
    assert_eq!(f.sales.stop_sales(&stop(f, "more")).await.unwrap(), StopAnswer::StoppedBefore);
    assert_eq!(f.sales.sales().await.unwrap().stop, Some(first.body.clone()));

    let end = start(f);
    assert_eq!(f.sales.start_sales(&end).await.unwrap(), StartAnswer::Started);
    assert_eq!(f.sales.start_sales(&end).await.unwrap(), StartAnswer::Started);
    f.wait(1);
    assert_eq!(f.sales.start_sales(&start(f)).await.unwrap(), StartAnswer::NotStopped);
    assert_eq!(f.sales.stop_sales(&first).await.unwrap(), StopAnswer::Stopped);
    assert!(f.sales.sales().await.unwrap().are_open(), "a late repeat stops nothing");
    assert_eq!(f.sales.stop_sales(&stop(f, "anew")).await.unwrap(), StopAnswer::Stopped);
    assert_eq!(f.sales.start_sales(&end).await.unwrap(), StartAnswer::Started);
    assert!(!f.sales.sales().await.unwrap().are_open(), "nor does one start anything");
}

/// The figures that began a pause stay until it ends.
pub async fn a_pause_and_its_end_happen_once(f: &Fixture) {
    assert_eq!(f.sales.note_runway(&note(f, None)).await.unwrap(), RunwayAnswer::AsBefore);
    f.wait(1);
    let (low, at) = (note(f, Some(shortage())), f.now());
    assert_eq!(f.sales.note_runway(&low).await.unwrap(), RunwayAnswer::Paused);
    assert_eq!(f.sales.note_runway(&low).await.unwrap(), RunwayAnswer::Paused);
    f.wait(1);
    let lower = Shortage { balance: usd("-9"), ..shortage() };
    assert_eq!(f.sales.note_runway(&note(f, Some(lower))).await.unwrap(), RunwayAnswer::AsBefore);
    let pause = Some(SalesPause { shortage: shortage(), at });
    assert_eq!(f.sales.sales().await.unwrap().pause, pause);
    let enough = note(f, None);
    assert_eq!(f.sales.note_runway(&enough).await.unwrap(), RunwayAnswer::Resumed);
    assert_eq!(f.sales.note_runway(&low).await.unwrap(), RunwayAnswer::Paused, "a late repeat");
    assert!(f.sales.sales().await.unwrap().are_open());
}

/// Each has an end of its own.
pub async fn a_stop_and_a_pause_are_apart(f: &Fixture) {
    f.credit(&ann(), usd("25")).await;
    f.sales.note_runway(&note(f, Some(shortage()))).await.unwrap();
    assert_eq!(refused(f, &f.opening(&ann(), 1, usd("1.50"))).await, PauseCause::LowBalance);
    f.sales.stop_sales(&stop(f, "fraud")).await.unwrap();
    assert_eq!(refused(f, &f.opening(&ann(), 1, usd("1.50"))).await, PauseCause::OperatorStop);
    f.sales.start_sales(&start(f)).await.unwrap();
    assert_eq!(refused(f, &f.opening(&ann(), 1, usd("1.50"))).await, PauseCause::LowBalance);
    f.wait(1);
    f.sales.stop_sales(&stop(f, "fraud again")).await.unwrap();
    f.sales.note_runway(&note(f, None)).await.unwrap();
    assert_eq!(refused(f, &f.opening(&ann(), 1, usd("1.50"))).await, PauseCause::OperatorStop);
}

/// Openings of which some are under way when sales are stopped: when the stop is answered, the last has opened.
pub async fn nothing_opens_after_a_stop_is_answered(f: &Fixture) {
    f.credit(&ann(), usd("100")).await;
    f.open(&ann(), 99, usd("1")).await;
    let changes: Vec<_> = (1..=40).map(|n| f.opening(&ann(), n, usd("1"))).collect();
    let stopping = async {
        // Behind the first few.
        f.sales.sales().await.unwrap();
        f.sales.stop_sales(&stop(f, "fraud")).await.unwrap();
        f.sales.sales().await.unwrap().purchases_today
    };
    let opening = join_all(changes.iter().map(|change| f.purchases.open(change)));
    let (answers, at_the_stop) = futures::join!(opening, stopping);
    let opened = answers.into_iter().filter(|answer| matches!(answer, Ok(OpenAnswer::Opened(_)))).count();
    assert_eq!(f.sales.sales().await.unwrap().purchases_today, at_the_stop);
    assert_eq!(u64::try_from(opened).unwrap() + 1, at_the_stop);
    f.assert_ledger_whole().await;
}

/// Fifty at once where seven are allowed: seven open, and nothing is held for the others.
pub async fn parallel_openings_keep_to_the_days_cap(f: &Fixture) {
    f.credit(&ann(), usd("100")).await;
    let changes: Vec<_> = (1..=50).map(|n| capped(f, n, 7)).collect();
    let answers = join_all(changes.iter().map(|change| f.purchases.open(change))).await;
    let cap = NonZeroU32::new(7).unwrap();
    let capped = OpenAnswer::Refused(OpenRefusal::SalesPaused { why: PauseCause::DailyCap { cap } });
    let refused =
        answers.iter().filter(|answer| answer.as_ref().is_ok_and(|answer| *answer == capped)).count();
    let opened = answers.iter().filter(|answer| matches!(answer, Ok(OpenAnswer::Opened(_)))).count();
    assert_eq!((opened, refused), (7, 43), "{answers:?}");
    assert_eq!(f.balance(&ann()).await.held, usd("7"));
    assert_eq!(f.sales.sales().await.unwrap().purchases_today, 7);
    f.assert_ledger_whole().await;
}

/// What came to nothing makes room for another purchase.
pub async fn failed_orders_do_not_count(f: &Fixture) {
    f.credit(&ann(), usd("25")).await;
    let first = f.open_as(&capped(f, 1, 2)).await;
    let second = f.open_as(&capped(f, 2, 2)).await;
    refused(f, &capped(f, 3, 2)).await;
    f.settle(&first.order, &sid(1)).await;
    refused(f, &capped(f, 3, 2)).await;
    f.fail(&second, ClaimEnd::Free).await;
    f.open_as(&capped(f, 3, 2)).await;
    refused(f, &capped(f, 4, 2)).await;
    assert_eq!(f.sales.sales().await.unwrap().purchases_today, 2);
}

/// A day is one of UTC, by the store's clock.
pub async fn a_new_day_begins_at_midnight(f: &Fixture) {
    f.credit(&ann(), usd("25")).await;
    let midnight = f.now().date_naive().and_time(NaiveTime::MIN).and_utc() + TimeDelta::days(1);
    f.clock.advance(midnight - f.now() - TimeDelta::microseconds(1));
    f.open_as(&capped(f, 1, 1)).await;
    refused(f, &capped(f, 2, 1)).await;
    f.clock.advance(TimeDelta::microseconds(1));
    assert_eq!(f.sales.sales().await.unwrap().purchases_today, 0);
    f.open_as(&capped(f, 2, 1)).await;
    refused(f, &capped(f, 3, 1)).await;
}

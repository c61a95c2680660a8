//! The contract suite that every [`AlarmStore`] must pass.
//!
//! ```ignore
//! async fn fixture() -> trunkline_alarms::contract::AlarmFixture { /* a fresh, empty store */ }
//! trunkline_alarms::alarm_store_contract!(fixture);
//! ```
//!
//! The macro makes one `#[tokio::test]` of each case, so a failure names what is broken.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a suite fails by panicking")]

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::future::join_all;
use trunkline_domain::{Change, Clock, Origin};
use uuid::Uuid;

use crate::{
    Alarm, AlarmEnding, AlarmFilter, AlarmRaising, AlarmRecord, AlarmStore, AlarmsShown, ENDED_ALARMS_KEPT,
    EndReason, NextAttempt, Notice, NoticeDelivery, NoticeKind, NoticeSetback, Onset, RaiseAnswer,
};

/// How long notices are claimed for.
const LEASE: Duration = Duration::from_mins(1);

/// A fresh, empty store, whose clock the suite moves.
pub struct AlarmFixture {
    /// The store under test.
    pub store: Arc<dyn AlarmStore>,
    /// The clock that it was given.
    pub clock: Arc<dyn Clock>,
    /// Moves that clock on.
    pub advance: Box<dyn Fn(Duration) + Send + Sync>,
    /// Whatever must live as long as the store, such as its folder.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// Makes a test of every case of the suite; `$fixture` names an `async fn() -> AlarmFixture`.
#[macro_export]
macro_rules! alarm_store_contract {
    ($fixture:path) => {
        $crate::alarm_store_contract!(@each $fixture,
            an_alarm_begins_once_and_goes_on,
            alarms_about_other_subjects_are_others,
            a_raising_is_repeated_harmlessly,
            parallel_raisings_begin_one,
            an_end_is_repeated_harmlessly,
            an_alarm_that_was_raised_again_is_not_ended_unseen,
            an_alarm_that_ended_begins_anew,
            an_operators_end_is_told_apart,
            alarms_are_listed_newest_first_in_pages,
            open_alarms_are_counted,
            only_the_latest_ends_are_remembered,
            an_onset_is_told_before_its_end,
            the_next_onset_waits_for_the_end_before_it,
            a_notice_has_one_worker,
            parallel_claims_take_each_notice_once,
            a_notice_is_claimed_again_when_its_lease_has_run_out,
            a_notice_that_failed_is_due_when_it_said,
            a_notice_that_is_given_up_holds_nothing_up,
            a_worker_that_lost_its_lease_sets_nothing_back,
        );
    };
    (@each $fixture:path, $($case:ident),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $case() {
                $crate::contract::$case(&$fixture().await).await;
            }
        )+
    };
}

impl AlarmFixture {
    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn raising(&self, alarm: Alarm, subject: &str) -> Change<AlarmRaising> {
        let onset = Onset::of(alarm, subject, "something is wrong").with("reason", "for the test");
        Change::new(AlarmRaising { id: Uuid::now_v7(), onset, at: self.now() })
    }

    async fn raise(&self, alarm: Alarm, subject: &str) -> RaiseAnswer {
        self.store.raise(&self.raising(alarm, subject)).await.unwrap()
    }

    fn ending(&self, alarm: Alarm, subject: &str) -> AlarmEnding {
        let (subject, reason) = (subject.to_owned(), EndReason::Told);
        AlarmEnding { alarm, subject, reason, at: self.now(), as_seen: None }
    }

    async fn end(&self, alarm: Alarm, subject: &str) -> bool {
        self.store.end(&Change::new(self.ending(alarm, subject))).await.unwrap()
    }

    async fn listed(&self, shown: AlarmsShown) -> Vec<AlarmRecord> {
        self.store.alarms(&AlarmFilter { shown, after: None, limit: 100 }).await.unwrap()
    }

    async fn open(&self) -> Vec<AlarmRecord> {
        self.listed(AlarmsShown::Open).await
    }

    async fn claim(&self) -> Vec<Notice> {
        self.store.claim_notices(LEASE, 10).await.unwrap()
    }

    async fn deliver(&self, notice: &Notice) -> bool {
        let delivery = NoticeDelivery { alarm: notice.alarm.id, kind: notice.kind };
        self.store.deliver(&Change::new(delivery)).await.unwrap()
    }

    async fn set_back(&self, notice: &Notice, next: NextAttempt) -> bool {
        let (alarm, kind, lease) = (notice.alarm.id, notice.kind, notice.lease);
        let setback = NoticeSetback { alarm, kind, lease, attempts: notice.attempts + 1, next };
        self.store.set_back(&Change::new(setback)).await.unwrap()
    }
}

fn told(notices: &[Notice]) -> Vec<(NoticeKind, &str)> {
    notices.iter().map(|notice| (notice.kind, notice.alarm.subject.as_str())).collect()
}

/// And remembers what was said of it last.
pub async fn an_alarm_begins_once_and_goes_on(f: &AlarmFixture) {
    let first = f.raising(Alarm::BalanceLow, "AC1");
    assert_eq!(f.store.raise(&first).await.unwrap(), RaiseAnswer::Begun);
    let record = AlarmRecord {
        id: first.body.id,
        alarm: Alarm::BalanceLow,
        subject: "AC1".to_owned(),
        sentence: "something is wrong".to_owned(),
        details: first.body.onset.details.clone(),
        raised_at: f.now(),
        last_raised_at: f.now(),
        times: 1,
        end: None,
    };
    assert_eq!(f.open().await, std::slice::from_ref(&record));
    (f.advance)(Duration::from_secs(5));
    let onset = Onset::of(Alarm::BalanceLow, "AC1", "it is worse").with("left", "0.10");
    let again = AlarmRaising { id: Uuid::now_v7(), onset: onset.clone(), at: f.now() };
    assert_eq!(f.store.raise(&Change::new(again)).await.unwrap(), RaiseAnswer::GoesOn);
    let sentence = "it is worse".to_owned();
    let details = onset.details;
    let goes_on = AlarmRecord { last_raised_at: f.now(), times: 2, sentence, details, ..record };
    assert_eq!(f.open().await, [goes_on]);
}

/// So are other alarms about the same one.
pub async fn alarms_about_other_subjects_are_others(f: &AlarmFixture) {
    for (alarm, subject) in
        [(Alarm::OrderInReview, "o1"), (Alarm::OrderInReview, "o2"), (Alarm::OrderUndecided, "o1")]
    {
        assert_eq!(f.raise(alarm, subject).await, RaiseAnswer::Begun);
    }
    assert!(f.end(Alarm::OrderInReview, "o1").await);
    let open: Vec<_> = f.open().await.into_iter().map(|record| (record.alarm, record.subject)).collect();
    let left = [(Alarm::OrderUndecided, "o1".to_owned()), (Alarm::OrderInReview, "o2".to_owned())];
    assert_eq!(open, left);
}

/// The first one, a later one, and the first one after its alarm has ended.
pub async fn a_raising_is_repeated_harmlessly(f: &AlarmFixture) {
    let (first, second) = (f.raising(Alarm::LateSuccess, "PN1"), f.raising(Alarm::LateSuccess, "PN1"));
    for change in [&first, &first, &second, &second] {
        f.store.raise(change).await.unwrap();
    }
    assert_eq!(f.open().await[0].times, 2);
    assert!(f.end(Alarm::LateSuccess, "PN1").await);
    assert_eq!(f.store.raise(&first).await.unwrap(), RaiseAnswer::GoesOn);
    assert_eq!(f.open().await, []);
}

/// However many replicas find the same at once.
pub async fn parallel_raisings_begin_one(f: &AlarmFixture) {
    let answers = join_all((0..8).map(|_| f.raise(Alarm::GhostNumber, "n1"))).await;
    let begun = answers.iter().filter(|answer| **answer == RaiseAnswer::Begun).count();
    assert_eq!(begun, 1);
    assert_eq!(f.open().await[0].times, 8);
    assert_eq!(f.claim().await.len(), 1);
}

/// And what is not open has no end.
pub async fn an_end_is_repeated_harmlessly(f: &AlarmFixture) {
    assert!(!f.end(Alarm::LedgerUnbalanced, "ledger").await);
    f.raise(Alarm::LedgerUnbalanced, "ledger").await;
    let ending = Change::new(f.ending(Alarm::LedgerUnbalanced, "ledger"));
    let ended = join_all((0..4).map(|_| f.store.end(&ending))).await;
    assert_eq!(ended.into_iter().filter(|ended| *ended.as_ref().unwrap()).count(), 1);
    let all = f.listed(AlarmsShown::All).await;
    let end = all[0].end.unwrap();
    assert_eq!((all.len(), end.at, end.reason), (1, f.now(), EndReason::Told));
}

/// Whoever looked at its cause did not see what it was raised about since.
pub async fn an_alarm_that_was_raised_again_is_not_ended_unseen(f: &AlarmFixture) {
    f.raise(Alarm::OrphanInDoubt, "PN1").await;
    let seen = f.open().await.remove(0);
    f.raise(Alarm::OrphanInDoubt, "PN1").await;
    let ending = |id, times| {
        let reason = EndReason::CauseGone;
        Change::new(AlarmEnding {
            reason,
            as_seen: Some((id, times)),
            ..f.ending(Alarm::OrphanInDoubt, "PN1")
        })
    };
    assert!(!f.store.end(&ending(seen.id, seen.times)).await.unwrap());
    assert!(!f.store.end(&ending(Uuid::now_v7(), 2)).await.unwrap(), "another onset");
    assert!(f.store.end(&ending(seen.id, 2)).await.unwrap());
}

/// With an id of its own.
pub async fn an_alarm_that_ended_begins_anew(f: &AlarmFixture) {
    for _ in 0..2 {
        assert_eq!(f.raise(Alarm::BalanceLow, "AC1").await, RaiseAnswer::Begun);
        assert!(f.end(Alarm::BalanceLow, "AC1").await);
    }
    let all = f.listed(AlarmsShown::All).await;
    assert_eq!(all.len(), 2);
    assert_ne!(all[0].id, all[1].id);
}

/// By its reason; who it was is in the audit trail.
pub async fn an_operators_end_is_told_apart(f: &AlarmFixture) {
    f.raise(Alarm::RecoveryPanicked, "o1").await;
    let ending = AlarmEnding { reason: EndReason::Operator, ..f.ending(Alarm::RecoveryPanicked, "o1") };
    let audit = Origin::command_line().audit("alarm.end", "o1", None, f.now());
    let change = Change::new(ending).audit(audit);
    assert!(f.store.end(&change).await.unwrap());
    assert!(!f.store.end(&change).await.unwrap());
    assert_eq!(f.listed(AlarmsShown::All).await[0].end.unwrap().reason, EndReason::Operator);
}

/// Open ones, or all.
pub async fn alarms_are_listed_newest_first_in_pages(f: &AlarmFixture) {
    for subject in ["o1", "o2", "o3", "o4", "o5"] {
        f.raise(Alarm::OrderInReview, subject).await;
    }
    f.end(Alarm::OrderInReview, "o4").await;
    let page =
        |shown, after| async move { f.store.alarms(&AlarmFilter { shown, after, limit: 2 }).await.unwrap() };
    let subjects =
        |page: &[AlarmRecord]| page.iter().map(|record| record.subject.clone()).collect::<Vec<_>>();
    let first = page(AlarmsShown::Open, None).await;
    assert_eq!(subjects(&first), ["o5", "o3"]);
    assert_eq!(subjects(&page(AlarmsShown::Open, Some(first[1].id)).await), ["o2", "o1"]);
    assert_eq!(subjects(&page(AlarmsShown::All, Some(first[0].id)).await), ["o4", "o3"]);
}

/// By alarm.
pub async fn open_alarms_are_counted(f: &AlarmFixture) {
    assert_eq!(f.store.open_alarms().await.unwrap(), []);
    for (alarm, subject) in [
        (Alarm::OrderInReview, "o1"),
        (Alarm::OrderInReview, "o2"),
        (Alarm::BalanceLow, "AC1"),
        (Alarm::LateSuccess, "PN1"),
    ] {
        f.raise(alarm, subject).await;
    }
    f.end(Alarm::LateSuccess, "PN1").await;
    let counts = f.store.open_alarms().await.unwrap();
    assert_eq!(counts, [(Alarm::BalanceLow, 1), (Alarm::OrderInReview, 2)]);
}

/// Open ones stay, however old.
pub async fn only_the_latest_ends_are_remembered(f: &AlarmFixture) {
    f.raise(Alarm::BalanceLow, "open").await;
    // Many at once: on one engine they share a commit.
    let subjects: Vec<String> = (0..ENDED_ALARMS_KEPT + 5).map(|n| n.to_string()).collect();
    for some in subjects.chunks(100) {
        join_all(some.iter().map(|subject| f.raise(Alarm::OrderInReview, subject))).await;
        (f.advance)(Duration::from_secs(1));
        join_all(some.iter().map(|subject| f.end(Alarm::OrderInReview, subject))).await;
    }
    let filter = AlarmFilter { shown: AlarmsShown::All, after: None, limit: u16::MAX };
    let all = f.store.alarms(&filter).await.unwrap();
    assert_eq!(all.len(), usize::from(ENDED_ALARMS_KEPT) + 1);
    assert!(all.iter().any(|record| record.subject == "open"));
    let last = subjects.last().unwrap();
    assert!(all.iter().any(|record| record.subject == *last), "the oldest go");
}

/// Whatever comes first.
pub async fn an_onset_is_told_before_its_end(f: &AlarmFixture) {
    f.raise(Alarm::OrderInReview, "o1").await;
    f.end(Alarm::OrderInReview, "o1").await;
    let first = f.claim().await;
    assert_eq!(told(&first), [(NoticeKind::Raised, "o1")]);
    assert!(first[0].alarm.end.is_some(), "it knows how the alarm stands now");
    assert_eq!(f.claim().await, [], "the end waits");
    assert!(f.deliver(&first[0]).await);
    assert!(!f.deliver(&first[0]).await, "it is done");
    let second = f.claim().await;
    assert_eq!(told(&second), [(NoticeKind::Ended, "o1")]);
    assert!(f.deliver(&second[0]).await);
    assert_eq!(f.claim().await, []);
}

/// Others do not.
pub async fn the_next_onset_waits_for_the_end_before_it(f: &AlarmFixture) {
    f.raise(Alarm::BalanceLow, "AC1").await;
    f.deliver(&f.claim().await[0]).await;
    f.end(Alarm::BalanceLow, "AC1").await;
    f.raise(Alarm::BalanceLow, "AC1").await;
    f.raise(Alarm::BalanceLow, "AC2").await;
    let now = f.claim().await;
    assert_eq!(told(&now), [(NoticeKind::Ended, "AC1"), (NoticeKind::Raised, "AC2")]);
    f.deliver(&now[0]).await;
    assert_eq!(told(&f.claim().await), [(NoticeKind::Raised, "AC1")]);
}

/// As long as its lease lasts.
pub async fn a_notice_has_one_worker(f: &AlarmFixture) {
    f.raise(Alarm::OrderInReview, "o1").await;
    assert_eq!(f.claim().await.len(), 1);
    (f.advance)(LEASE / 2);
    assert_eq!(f.claim().await, []);
}

/// However many ask at once.
pub async fn parallel_claims_take_each_notice_once(f: &AlarmFixture) {
    for n in 0..6 {
        f.raise(Alarm::OrderInReview, &n.to_string()).await;
    }
    let claims = join_all((0..4).map(|_| f.store.claim_notices(LEASE, 2))).await;
    let mut taken: Vec<_> =
        claims.into_iter().flat_map(Result::unwrap).map(|notice| notice.alarm.subject).collect();
    taken.extend(f.claim().await.into_iter().map(|notice| notice.alarm.subject));
    taken.sort();
    assert_eq!(taken, ["0", "1", "2", "3", "4", "5"]);
}

/// A worker that died has perhaps delivered it: the same one is offered again.
pub async fn a_notice_is_claimed_again_when_its_lease_has_run_out(f: &AlarmFixture) {
    f.raise(Alarm::OrderInReview, "o1").await;
    let lost = f.claim().await.remove(0);
    (f.advance)(LEASE);
    let again = f.claim().await.remove(0);
    assert_eq!((again.delivery_id(), again.attempts), (lost.delivery_id(), 0));
    assert_ne!(again.lease, lost.lease);
    assert!(f.deliver(&lost).await, "that it arrived is true whoever says so");
    assert!(!f.set_back(&again, NextAttempt::In(LEASE)).await);
}

/// Not before.
pub async fn a_notice_that_failed_is_due_when_it_said(f: &AlarmFixture) {
    f.raise(Alarm::OrderInReview, "o1").await;
    let notice = f.claim().await.remove(0);
    assert!(f.set_back(&notice, NextAttempt::In(Duration::from_secs(30))).await);
    (f.advance)(Duration::from_secs(29));
    assert_eq!(f.claim().await, []);
    (f.advance)(Duration::from_secs(1));
    assert_eq!(f.claim().await[0].attempts, 1);
}

/// Its end is told all the same.
pub async fn a_notice_that_is_given_up_holds_nothing_up(f: &AlarmFixture) {
    f.raise(Alarm::OrderInReview, "o1").await;
    f.end(Alarm::OrderInReview, "o1").await;
    let notice = f.claim().await.remove(0);
    assert!(f.set_back(&notice, NextAttempt::Never).await);
    assert!(!f.deliver(&notice).await);
    assert_eq!(told(&f.claim().await), [(NoticeKind::Ended, "o1")]);
}

/// Another one works on it now.
pub async fn a_worker_that_lost_its_lease_sets_nothing_back(f: &AlarmFixture) {
    f.raise(Alarm::OrderInReview, "o1").await;
    let lost = f.claim().await.remove(0);
    (f.advance)(LEASE);
    let current = f.claim().await.remove(0);
    assert!(!f.set_back(&lost, NextAttempt::Never).await);
    assert!(f.set_back(&current, NextAttempt::In(Duration::ZERO)).await);
    assert!(!f.set_back(&current, NextAttempt::Never).await, "it was given up by that");
}

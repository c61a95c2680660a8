//! The desk on mocks of its ports, on a clock that stands and a timer that jumps.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Map;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use trunkline_alarms::{
    Alarm, AlarmBoard, AlarmDesk, AlarmEnd, AlarmEnding, AlarmRaising, AlarmRecord, AlarmStoreError,
    CauseError, CauseVerdict, DeliveryError, DeskParts, DeskSettings, EndAlarmCommand, EndAlarmError,
    EndReason, MockAlarmStore, MockCauses, MockCourier, NextAttempt, Notice, NoticeKind, NoticeLease,
    NoticeSetback, Onset, RaiseAnswer,
};
use trunkline_domain::{Change, Clock, Origin, RandomIds};
use uuid::Uuid;

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> DateTime<Utc> {
        now()
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000, 0).unwrap()
}

fn record(subject: &str) -> AlarmRecord {
    AlarmRecord {
        id: Uuid::from_u128(7),
        alarm: Alarm::OrderInReview,
        subject: subject.to_owned(),
        sentence: "something is wrong".to_owned(),
        details: Map::new(),
        raised_at: now(),
        last_raised_at: now(),
        times: 3,
        end: None,
    }
}

fn notice(kind: NoticeKind, attempts: u32) -> Notice {
    Notice { kind, alarm: record("o1"), attempts, lease: NoticeLease::from_i64(1) }
}

fn onset(subject: &str) -> Onset {
    Onset::of(Alarm::OrderInReview, subject, "something is wrong")
}

fn unavailable() -> AlarmStoreError {
    AlarmStoreError::Unavailable("down".into())
}

/// A store that holds nothing, until a test says otherwise.
fn empty(mut store: MockAlarmStore) -> MockAlarmStore {
    store.expect_alarms().returning(|_| Ok(Vec::new()));
    store.expect_open_alarms().returning(|| Ok(Vec::new()));
    store
}

fn desk_of(
    store: MockAlarmStore,
    causes: MockCauses,
    courier: Option<MockCourier>,
    queue_length: usize,
) -> AlarmDesk {
    let parts = DeskParts {
        store: Arc::new(store),
        causes: Arc::new(causes),
        courier: courier.map(|courier| Arc::new(courier) as Arc<dyn trunkline_alarms::Courier>),
        clock: Arc::new(Fixed),
        ids: Arc::new(RandomIds),
    };
    AlarmDesk::new(parts, DeskSettings { queue_length, ..DeskSettings::default() })
}

/// Runs a desk until something is heard so often, and then to its end.
async fn run_until<T>(desk: &AlarmDesk, heard: &mut mpsc::UnboundedReceiver<T>, times: usize) -> Vec<T> {
    let stop = CancellationToken::new();
    let listening = async {
        let mut all = Vec::new();
        while all.len() < times {
            all.push(heard.recv().await.unwrap());
        }
        stop.cancel();
        all
    };
    let ((), all) = tokio::join!(desk.run(stop.clone()), listening);
    all
}

#[tokio::test(start_paused = true)]
async fn what_is_raised_and_ended_is_stored_in_order() {
    let (heard, mut hearing) = mpsc::unbounded_channel();
    let mut store = MockAlarmStore::new();
    let raised = heard.clone();
    store.expect_raise().returning(move |change| {
        assert_eq!(change.body.at, now());
        raised.send(format!("raise {}", change.body.onset.subject)).unwrap();
        Ok(RaiseAnswer::Begun)
    });
    store.expect_end().returning(move |change| {
        assert_eq!((change.body.reason, change.body.as_seen), (EndReason::Told, None));
        heard.send(format!("end {}", change.body.subject)).unwrap();
        Ok(true)
    });
    let desk = desk_of(empty(store), MockCauses::new(), None, 16);
    desk.raise(onset("o1"));
    desk.end(Alarm::OrderInReview, "o1");
    desk.raise(onset("o2"));
    assert_eq!(run_until(&desk, &mut hearing, 3).await, ["raise o1", "end o1", "raise o2"]);
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_stored_is_offered_again_unchanged() {
    let (heard, mut hearing) = mpsc::unbounded_channel::<Change<AlarmRaising>>();
    let mut answers = VecDeque::from([
        Err(AlarmStoreError::OutcomeUnknown("lost".into())),
        Err(unavailable()),
        Ok(RaiseAnswer::GoesOn),
        Ok(RaiseAnswer::Begun),
    ]);
    let mut store = MockAlarmStore::new();
    store.expect_raise().returning(move |change| {
        heard.send(change.clone()).unwrap();
        answers.pop_front().unwrap()
    });
    let desk = desk_of(empty(store), MockCauses::new(), None, 16);
    desk.raise(onset("o1"));
    desk.raise(onset("o2"));
    let offered = run_until(&desk, &mut hearing, 4).await;
    assert_eq!((&offered[0], &offered[0]), (&offered[1], &offered[2]));
    assert_eq!(offered[3].body.onset.subject, "o2");
}

#[tokio::test(start_paused = true)]
async fn what_can_never_be_stored_holds_nothing_up() {
    let (heard, mut hearing) = mpsc::unbounded_channel();
    let mut store = MockAlarmStore::new();
    store.expect_raise().returning(move |change| {
        let subject = change.body.onset.subject.clone();
        heard.send(subject.clone()).unwrap();
        if subject == "o1" {
            Err(AlarmStoreError::Broken("a rule".to_owned()))
        } else {
            Ok(RaiseAnswer::Begun)
        }
    });
    let desk = desk_of(empty(store), MockCauses::new(), None, 16);
    desk.raise(onset("o1"));
    desk.raise(onset("o2"));
    assert_eq!(run_until(&desk, &mut hearing, 2).await, ["o1", "o2"]);
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_drops_what_comes_and_nobody_waits() {
    let stored = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&stored);
    let mut store = MockAlarmStore::new();
    store.expect_raise().returning(move |change| {
        log.lock().unwrap().push(change.body.onset.subject.clone());
        Ok(RaiseAnswer::Begun)
    });
    let desk = desk_of(store, MockCauses::new(), None, 2);
    for subject in ["o1", "o2", "o3"] {
        desk.raise(onset(subject));
    }
    desk.drain().await;
    assert_eq!(*stored.lock().unwrap(), ["o1", "o2"]);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_ends_does_not_wait_for_ever_for_the_store() {
    let mut store = MockAlarmStore::new();
    store.expect_raise().returning(|_| Err(unavailable()));
    let desk = desk_of(store, MockCauses::new(), None, 16);
    desk.raise(onset("o1"));
    desk.raise(onset("o2"));
    let started = tokio::time::Instant::now();
    desk.drain().await;
    assert!(started.elapsed() <= Duration::from_secs(5), "{:?}", started.elapsed());
    // Nothing is left to try.
    desk.drain().await;
}

/// Three open alarms: one is gone, of one nobody knows, and one cannot be looked at.
#[tokio::test(start_paused = true)]
async fn only_what_is_certainly_gone_is_ended() {
    let (heard, mut hearing) = mpsc::unbounded_channel::<AlarmEnding>();
    let mut store = MockAlarmStore::new();
    store.expect_open_alarms().returning(|| Ok(vec![(Alarm::OrderInReview, 4)]));
    store
        .expect_alarms()
        .returning(|_| Ok(["unknown", "error", "stands", "gone"].into_iter().map(record).collect()));
    store.expect_end().returning(move |change| {
        heard.send(change.body.clone()).unwrap();
        Ok(true)
    });
    let mut causes = MockCauses::new();
    causes.expect_stands().returning(|alarm| match alarm.subject.as_str() {
        "gone" => Ok(CauseVerdict::Gone),
        "stands" => Ok(CauseVerdict::Stands),
        "error" => Err(CauseError("down".into())),
        _ => Ok(CauseVerdict::NotKnown),
    });
    let desk = desk_of(store, causes, None, 16);
    let ended = run_until(&desk, &mut hearing, 2).await;
    for ending in ended {
        assert_eq!((ending.subject.as_str(), ending.reason), ("gone", EndReason::CauseGone));
        assert_eq!(ending.as_seen, Some((Uuid::from_u128(7), 3)), "as it was seen");
    }
}

/// A store with these notices to be claimed, one batch after the other, that tells what becomes of them.
fn store_with(batches: Vec<Vec<Notice>>) -> (MockAlarmStore, mpsc::UnboundedReceiver<String>) {
    let (heard, hearing) = mpsc::unbounded_channel();
    let mut batches = VecDeque::from(batches);
    let mut store = empty(MockAlarmStore::new());
    store.expect_claim_notices().returning(move |_, _| Ok(batches.pop_front().unwrap_or_default()));
    let delivered = heard.clone();
    store.expect_deliver().returning(move |change| {
        delivered.send(format!("delivered {}", change.body.kind.as_str())).unwrap();
        Ok(true)
    });
    store.expect_set_back().returning(move |change: &Change<NoticeSetback>| {
        let NoticeSetback { attempts, next, .. } = change.body;
        heard
            .send(match next {
                NextAttempt::In(pause) => format!("failed {attempts}, again in {} s", pause.as_secs()),
                NextAttempt::Never => format!("given up after {attempts}"),
            })
            .unwrap();
        Ok(true)
    });
    (store, hearing)
}

#[tokio::test(start_paused = true)]
async fn an_onset_and_its_end_are_delivered_and_noted() {
    let (store, mut hearing) =
        store_with(vec![vec![notice(NoticeKind::Raised, 0)], vec![], vec![notice(NoticeKind::Ended, 0)]]);
    let mut courier = MockCourier::new();
    courier.expect_deliver().times(2).returning(|_| Ok(()));
    let desk = desk_of(store, MockCauses::new(), Some(courier), 16);
    assert_eq!(run_until(&desk, &mut hearing, 2).await, ["delivered raised", "delivered ended"]);
}

#[tokio::test(start_paused = true)]
async fn a_notice_that_fails_is_offered_later_each_time_and_not_for_ever() {
    let (store, mut hearing) = store_with(vec![
        vec![notice(NoticeKind::Raised, 0)],
        vec![notice(NoticeKind::Raised, 5)],
        vec![notice(NoticeKind::Raised, 149)],
    ]);
    let mut courier = MockCourier::new();
    courier.expect_deliver().times(3).returning(|_| Err(DeliveryError::Refused { status: 503 }));
    let desk = desk_of(store, MockCauses::new(), Some(courier), 16);
    let heard = run_until(&desk, &mut hearing, 3).await;
    assert_eq!(heard, ["failed 1, again in 2 s", "failed 6, again in 64 s", "given up after 150"]);
}

/// It waited for a courier, and ended more than a day ago.
#[tokio::test(start_paused = true)]
async fn history_is_not_told() {
    let ended_at = |hours| Some(AlarmEnd { at: now() - TimeDelta::hours(hours), reason: EndReason::Told });
    let old =
        Notice { alarm: AlarmRecord { end: ended_at(25), ..record("o1") }, ..notice(NoticeKind::Raised, 0) };
    let recent = Notice { alarm: AlarmRecord { end: ended_at(23), ..record("o2") }, ..old.clone() };
    let (store, mut hearing) = store_with(vec![vec![old], vec![recent]]);
    let mut courier = MockCourier::new();
    courier.expect_deliver().times(1).returning(|_| Ok(()));
    let desk = desk_of(store, MockCauses::new(), Some(courier), 16);
    assert_eq!(run_until(&desk, &mut hearing, 2).await, ["given up after 0", "delivered raised"]);
}

/// The process dies, or the database is gone, between delivering and noting it: whoever claims it next delivers the same.
#[tokio::test(start_paused = true)]
async fn a_delivery_that_is_not_noted_is_repeated_under_the_same_id() {
    let (heard, mut hearing) = mpsc::unbounded_channel();
    let mut batches = VecDeque::from([
        vec![notice(NoticeKind::Raised, 0)],
        vec![Notice { lease: NoticeLease::from_i64(2), ..notice(NoticeKind::Raised, 0) }],
    ]);
    let mut store = empty(MockAlarmStore::new());
    store.expect_claim_notices().returning(move |_, _| Ok(batches.pop_front().unwrap_or_default()));
    let mut answers = VecDeque::from([Err(unavailable()), Ok(true)]);
    store.expect_deliver().times(2).returning(move |_| answers.pop_front().unwrap());
    let mut courier = MockCourier::new();
    courier.expect_deliver().times(2).returning(move |notice| {
        heard.send(notice.delivery_id()).unwrap();
        Ok(())
    });
    let desk = desk_of(store, MockCauses::new(), Some(courier), 16);
    let ids = run_until(&desk, &mut hearing, 2).await;
    assert_eq!(ids, ["00000000-0000-0000-0000-000000000007-raised"; 2]);
}

#[tokio::test(start_paused = true)]
async fn without_a_courier_nothing_is_claimed() {
    let (heard, mut hearing) = mpsc::unbounded_channel();
    let mut store = empty(MockAlarmStore::new());
    store.expect_claim_notices().never();
    store.expect_raise().returning(move |_| {
        heard.send(()).unwrap();
        Ok(RaiseAnswer::Begun)
    });
    let desk = desk_of(store, MockCauses::new(), None, 16);
    desk.raise(onset("o1"));
    run_until(&desk, &mut hearing, 1).await;
}

fn command(reason: &str) -> EndAlarmCommand {
    let (alarm, subject) = (Alarm::RecoveryPanicked, "o1".to_owned());
    EndAlarmCommand { alarm, subject, reason: reason.to_owned(), origin: Origin::command_line() }
}

/// A store in which that alarm is open, after a page of others.
fn with_a_mistake() -> MockAlarmStore {
    let mut store = MockAlarmStore::new();
    let mistake = AlarmRecord { alarm: Alarm::RecoveryPanicked, ..record("o1") };
    store.expect_alarms().returning(move |filter| {
        let others = vec![record("o1"); usize::from(filter.limit)];
        Ok(if filter.after.is_none() { others } else { vec![mistake.clone()] })
    });
    store
}

fn seeing(verdict: CauseVerdict) -> MockCauses {
    let mut causes = MockCauses::new();
    causes.expect_stands().returning(move |_| Ok(verdict));
    causes
}

#[tokio::test]
async fn an_operators_end_is_audited_with_its_reason() {
    for verdict in [CauseVerdict::NotKnown, CauseVerdict::Gone] {
        let mut store = with_a_mistake();
        store.expect_end().times(1).returning(|change| {
            assert_eq!((change.body.reason, change.body.as_seen), (EndReason::Operator, None));
            let entry = &change.audit[0];
            assert_eq!((entry.action.as_str(), entry.subject.as_str()), ("alarm.end", "o1"));
            assert_eq!(entry.reason.as_deref(), Some("reported"));
            assert_eq!(entry.details, serde_json::json!({ "alarm": "recovery_panicked" }));
            Ok(true)
        });
        let desk = desk_of(store, seeing(verdict), None, 1);
        desk.end_by_operator(command(" reported ")).await.unwrap();
    }
}

/// Nobody may raise it a second time, so it would be forgotten.
#[tokio::test]
async fn what_stands_is_not_ended_by_an_operator() {
    let desk = desk_of(with_a_mistake(), seeing(CauseVerdict::Stands), None, 1);
    let error = desk.end_by_operator(command("x")).await.unwrap_err();
    assert!(error.to_string().starts_with("nothing is ended: "), "{error}");
    let mut causes = MockCauses::new();
    causes.expect_stands().returning(|_| Err(CauseError("down".into())));
    let desk = desk_of(with_a_mistake(), causes, None, 1);
    assert!(matches!(desk.end_by_operator(command("x")).await, Err(EndAlarmError::Cause(_))));
}

#[tokio::test]
async fn an_end_needs_a_reason_and_an_open_alarm() {
    let desk = desk_of(empty(MockAlarmStore::new()), MockCauses::new(), None, 1);
    assert!(matches!(desk.end_by_operator(command("  ")).await, Err(EndAlarmError::Reason)));
    assert!(matches!(desk.end_by_operator(command(&"x".repeat(501))).await, Err(EndAlarmError::Reason)));
    let error = desk.end_by_operator(command("x")).await.unwrap_err();
    assert!(error.to_string().contains("no open alarm recovery_panicked about o1"), "{error}");
}

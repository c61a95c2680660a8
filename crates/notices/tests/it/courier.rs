//! The courier over mocks: what becomes of a letter, and who is woken.

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rstest::rstest;
use tokio_util::sync::CancellationToken;
use trunkline_alarms::{Alarm, AlarmBoard, Onset};
use trunkline_domain::{Change, Clock, Currency, Money, NoticeId};
use trunkline_notices::{
    CourierParts, Letter, LetterDelivery, LetterLease, LetterSetback, MailError, MockMailer, MockNoticeStore,
    NextSending, NoticeBody, NoticeCourier, NoticeStoreError, Sending,
};
use uuid::Uuid;

struct At(DateTime<Utc>);

impl Clock for At {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }
}

/// What was raised and ended.
#[derive(Default)]
struct Board(Mutex<Vec<&'static str>>);

impl AlarmBoard for Board {
    fn raise(&self, onset: Onset) {
        assert_eq!((onset.alarm, onset.subject.as_str()), (Alarm::MailUndelivered, "mail"));
        self.0.lock().unwrap().push("raised");
    }

    fn end(&self, alarm: Alarm, subject: &str) {
        assert_eq!((alarm, subject), (Alarm::MailUndelivered, "mail"));
        self.0.lock().unwrap().push("ended");
    }
}

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000, 0).unwrap()
}

fn letter(attempts: u32) -> Letter {
    let usd = |text| Money::parse(text, Currency::USD).unwrap();
    Letter {
        id: NoticeId::from_uuid(Uuid::from_u128(7)),
        body: NoticeBody::BalanceLow { available: usd("3.20"), threshold: usd("5") },
        to: "ben@example.org".parse().unwrap(),
        created_at: noon(),
        attempts,
        lease: LetterLease::from_i64(3),
    }
}

fn courier(store: MockNoticeStore, mailer: MockMailer, age: TimeDelta) -> (NoticeCourier, Arc<Board>) {
    let alarms = Arc::<Board>::default();
    let parts = CourierParts {
        store: Arc::new(store),
        mailer: Arc::new(mailer),
        alarms: alarms.clone(),
        clock: Arc::new(At(noon() + age)),
    };
    (NoticeCourier::new(parts), alarms)
}

fn holding(letter: Letter) -> MockNoticeStore {
    let mut store = MockNoticeStore::new();
    store.expect_claim_letters().withf(|_, limit| *limit == 1).return_once(move |_, _| Ok(vec![letter]));
    store
}

#[tokio::test]
async fn what_was_sent_is_noted_and_ends_the_alarm() {
    let mut store = holding(letter(6));
    let delivery = Change::new(LetterDelivery { notice: letter(6).id });
    store.expect_note_sent().withf(move |change| *change == delivery).return_once(|_| Ok(true));
    let mut mailer = MockMailer::new();
    mailer
        .expect_send()
        .withf(|mail| mail.to.as_str() == "ben@example.org" && mail.at == noon())
        .return_once(|_| Ok(()));
    let (courier, alarms) = courier(store, mailer, TimeDelta::hours(1));
    assert_eq!(courier.send_one().await.unwrap(), Sending::Done);
    assert_eq!(*alarms.0.lock().unwrap(), ["ended"]);
}

fn cause() -> Box<dyn Error + Send + Sync> {
    "for the test".into()
}

/// An outage of half an hour is the operator's, and so is a letter that is given up; an address that refuses is not.
#[rstest]
#[case(MailError::Refused(cause()), 0, 0, NextSending::Never, Sending::Done, &[])]
#[case(MailError::Deferred(cause()), 0, 0, NextSending::In(Duration::from_mins(1)), Sending::Done, &[])]
#[case(MailError::Deferred(cause()), 9, 20, NextSending::In(Duration::from_hours(1)), Sending::Done, &[])]
#[case(MailError::Deferred(cause()), 50, 48, NextSending::Never, Sending::Done, &["raised"])]
#[case(MailError::Unusable(cause()), 0, 0, NextSending::In(Duration::from_mins(1)), Sending::Outage, &[])]
#[case(MailError::Unusable(cause()), 4, 1, NextSending::In(Duration::from_mins(16)), Sending::Outage, &["raised"])]
#[case(MailError::Unusable(cause()), 50, 48, NextSending::Never, Sending::Outage, &["raised"])]
#[tokio::test]
async fn what_was_not_sent_is_set_back(
    #[case] error: MailError,
    #[case] attempts: u32,
    #[case] age_h: i64,
    #[case] next: NextSending,
    #[case] sending: Sending,
    #[case] raised: &[&str],
) {
    let mut store = holding(letter(attempts));
    let Letter { id: notice, lease, .. } = letter(attempts);
    let setback = Change::new(LetterSetback { notice, lease, attempts: attempts + 1, next });
    store.expect_set_letter_back().withf(move |change| *change == setback).return_once(|_| Ok(true));
    let mut mailer = MockMailer::new();
    mailer.expect_send().return_once(move |_| Err(error));
    let (courier, alarms) = courier(store, mailer, TimeDelta::hours(age_h));
    assert_eq!(courier.send_one().await.unwrap(), sending);
    assert_eq!(*alarms.0.lock().unwrap(), raised);
}

/// It goes on with the next one at once, waits where there is none, and ends when it is told to.
#[tokio::test(start_paused = true)]
async fn it_runs_until_it_is_stopped() {
    let stop = CancellationToken::new();
    let mut store = MockNoticeStore::new();
    let (mut asked, stopping) = (0, stop.clone());
    store.expect_claim_letters().times(4).returning(move |_, _| {
        asked += 1;
        match asked {
            1 => Ok(vec![letter(0)]),
            2 => Ok(Vec::new()),
            3 => Err(NoticeStoreError::Unavailable(cause())),
            _ => {
                stopping.cancel();
                Ok(Vec::new())
            }
        }
    });
    store.expect_note_sent().times(1).returning(|_| Ok(true));
    let mut mailer = MockMailer::new();
    mailer.expect_send().times(1).returning(|_| Ok(()));
    let (courier, _) = courier(store, mailer, TimeDelta::zero());
    let began = tokio::time::Instant::now();
    courier.run(stop).await;
    assert_eq!(began.elapsed(), Duration::from_secs(4));
}

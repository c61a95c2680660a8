//! The transitions of alarms and of notices to customers.

use std::time::Duration;

use trunkline_alarms::{
    Alarm, AlarmEnding, AlarmRaising, AlarmStore, EndReason, NextAttempt, NoticeDelivery, NoticeKind,
    NoticeSetback, Onset,
};
use trunkline_domain::{Change, NoticeId, Origin};
use trunkline_notices::{
    AlertStore, AlertsSetting, Delivery, LetterDelivery, LetterSetback, Look, NewNotice, NextSending,
    NoticeBody, NoticeStore,
};
use trunkline_persistence::PostgresStore;
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::contract::fixture::{ann, usd};
use uuid::Uuid;

use super::Counter;

pub(super) async fn alarms(store: &PostgresStore, f: &Fixture, c: &mut Counter) {
    let raising = || {
        let onset = Onset::of(Alarm::OrderInReview, "o1", "for the test");
        Change::new(AlarmRaising { id: Uuid::now_v7(), onset, at: f.now() })
    };
    c.once("raise_alarm_1", store.raise(&raising())).await.unwrap();
    c.once("raise_alarm_1", store.raise(&raising())).await.unwrap();
    let (subject, reason) = ("o1".to_owned(), EndReason::Told);
    let ending = AlarmEnding { alarm: Alarm::OrderInReview, subject, reason, at: f.now(), as_seen: None };
    assert!(c.once("end_alarm_1", store.end(&Change::new(ending))).await.unwrap());
    let claim = store.claim_notices(Duration::from_mins(1), 10);
    let claimed = c.once("UPDATE trunkline.alarm_notice", claim).await.unwrap();
    let (alarm, kind, lease) = (claimed[0].alarm.id, claimed[0].kind, claimed[0].lease);
    let next = NextAttempt::In(Duration::ZERO);
    let setback = NoticeSetback { alarm, kind, lease, attempts: 1, next };
    assert!(c.once("set_back_alarm_notice_1", store.set_back(&Change::new(setback))).await.unwrap());
    for kind in NoticeKind::ALL {
        let delivery = NoticeDelivery { alarm, kind };
        assert!(c.once("deliver_alarm_notice_1", store.deliver(&Change::new(delivery))).await.unwrap());
    }
}

pub(super) async fn notices(store: &PostgresStore, f: &Fixture, c: &mut Counter) {
    f.wait(1);
    let (user, at) = (ann(), f.now());
    let audit = Origin::system().audit("wallet.alerts", &user, Some(&user), at);
    let email = "ann@example.com".parse().ok();
    let setting = AlertsSetting { user, currency: trunkline_domain::Currency::USD, own: None, email, at };
    c.once("set_wallet_alerts_1", store.set_alerts(&Change::new(setting).audit(audit))).await.unwrap();
    let moved = store.moved_wallets(None, 10).await.unwrap().remove(0);
    let notice = || NewNotice {
        id: NoticeId::from_uuid(f.id()),
        user: moved.user.clone(),
        body: NoticeBody::BalanceLow { available: usd("1"), threshold: usd("2") },
        delivery: Delivery::To(moved.alerts.address().unwrap().clone()),
        at,
    };
    let look = Look {
        wallet: moved.wallet,
        user: moved.user.clone(),
        currency: moved.currency,
        after: moved.mark.revision,
        alerts: moved.alerts.version,
        standing: moved.mark.standing.clone(),
        notices: vec![notice(), notice()],
    };
    assert!(c.once("look_at_wallet_1", store.look(&Change::new(look))).await.unwrap());
    let claim = store.claim_letters(Duration::from_mins(1), 2);
    let letters = c.once("UPDATE trunkline.notice", claim).await.unwrap();
    let (notice, lease) = (letters[0].id, letters[0].lease);
    let setback = LetterSetback { notice, lease, attempts: 1, next: NextSending::Never };
    assert!(c.once("set_back_notice_1", store.set_letter_back(&Change::new(setback))).await.unwrap());
    let delivery = LetterDelivery { notice: letters[1].id };
    assert!(c.once("deliver_notice_1", store.note_sent(&Change::new(delivery))).await.unwrap());
}

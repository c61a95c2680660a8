//! The contract of alarms, and that of reading orphans.

use chrono::{DateTime, Utc};
use trunkline_alarms::{
    Alarm, AlarmEnding, AlarmFilter, AlarmRaising, AlarmStore, AlarmsShown, EndReason, Onset,
};
use trunkline_domain::{Change, Origin, ProviderIdentity, ReviewReason};
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::contract::fixture::{account, ann, sid, terms, usd};
use trunkline_provisioning::port::{
    ClaimEnd, Orphan, OrphanEnd, OrphanOpening, OrphanReferral, OrphanStanding, OrphanStore,
};
use uuid::Uuid;

use crate::engine::on_every_engine;
use crate::fixture;
use crate::postgres::database;

on_every_engine!(trunkline_alarms::alarm_store_contract!(alarms));

async fn an_orphans_standing_is_read(f: &Fixture, reader: &dyn OrphanStore) {
    let identity = ProviderIdentity { account: account(), number: sid(7) };
    let standing = async || reader.orphan_standing(&identity).await.unwrap();
    assert_eq!(standing().await, None);
    f.credit(&ann(), usd("5")).await;
    let failed = f.open(&ann(), 1, usd("1.50")).await;
    f.fail(&failed, ClaimEnd::Cool).await;
    let (phone_number, order) = (failed.order.phone_number.clone(), failed.order.id);
    let orphan = Orphan { identity: identity.clone(), phone_number, order };
    f.orphans.begin(&Change::new(OrphanOpening { orphan, terms: terms(), at: f.now() })).await.unwrap();
    assert_eq!(standing().await, Some(OrphanStanding::UnderWay));
    let elsewhere = ProviderIdentity {
        account: format!("AC{}", "9".repeat(32)).parse().unwrap(),
        number: identity.number.clone(),
    };
    assert_eq!(reader.orphan_standing(&elsewhere).await.unwrap(), None, "another account's");
    f.wait(3600);
    let lease = f.orphans.claim_stalled(terms(), 10).await.unwrap().remove(0).lease;
    let reason = ReviewReason::AttemptsSpent;
    let referral = OrphanReferral { identity: identity.clone(), lease, reason, at: f.now() };
    assert!(f.orphans.refer(&Change::new(referral)).await.unwrap());
    assert_eq!(standing().await, Some(OrphanStanding::InReview));
    let end = OrphanEnd { identity: identity.clone(), at: f.now() };
    assert!(f.orphans.finish(&Change::new(end)).await.unwrap());
    assert_eq!(standing().await, Some(OrphanStanding::Released));
}

#[tokio::test]
async fn an_orphans_standing_is_read_on_sqlite() {
    let database = fixture::Database::new().await;
    let store = database.open().await;
    an_orphans_standing_is_read(&database.changes(&store), &store).await;
}

#[tokio::test]
async fn an_orphans_standing_is_read_on_postgres() {
    let database = database::Database::new().await;
    let store = database.open().await;
    an_orphans_standing_is_read(&database.changes(&store), &store).await;
}

async fn raise(store: &dyn AlarmStore, at: DateTime<Utc>, subject: &str) {
    let onset = Onset::of(Alarm::OrderInReview, subject, "something is wrong");
    let raising = AlarmRaising { id: Uuid::now_v7(), onset, at };
    store.raise(&Change::new(raising)).await.unwrap();
}

/// With the end, and not with its repeat.
async fn end_twice(store: &dyn AlarmStore, at: DateTime<Utc>) {
    raise(store, at, "o1").await;
    let (subject, reason) = ("o1".to_owned(), EndReason::Operator);
    let ending = AlarmEnding { alarm: Alarm::OrderInReview, subject, reason, at, as_seen: None };
    let change = Change::new(ending).audit(Origin::command_line().audit("alarm.end", "o1", None, at));
    assert!(store.end(&change).await.unwrap());
    assert!(!store.end(&change).await.unwrap());
}

#[tokio::test]
async fn an_operators_end_is_audited_once_on_sqlite() {
    let database = fixture::Database::new().await;
    end_twice(&database.open().await, database.now()).await;
    let lines: i64 = sqlx::query_scalar("SELECT count(*) FROM audit WHERE action = 'alarm.end'")
        .fetch_one(&mut database.stranger().await)
        .await
        .unwrap();
    assert_eq!(lines, 1);
}

#[tokio::test]
async fn an_operators_end_is_audited_once_on_postgres() {
    let database = database::Database::new().await;
    end_twice(&database.open().await, Utc::now()).await;
    let lines = "SELECT count(*) FROM trunkline.audit WHERE action = 'alarm.end'";
    assert_eq!(database.place.run(&[lines]), "1");
}

/// A newer release's alarm, after it was rolled back, hides no other.
#[tokio::test]
async fn an_alarm_that_this_binary_does_not_know_is_left_out() {
    let database = fixture::Database::new().await;
    let store = database.open().await;
    raise(&store, database.now(), "o1").await;
    raise(&store, database.now(), "o2").await;
    let mut stranger = database.stranger().await;
    sqlx::query("UPDATE alarm SET alarm = 'sky_fell' WHERE subject = 'o2'")
        .execute(&mut stranger)
        .await
        .unwrap();
    let filter = AlarmFilter { shown: AlarmsShown::Open, after: None, limit: 10 };
    let open = store.alarms(&filter).await.unwrap();
    assert_eq!(open.iter().map(|record| record.subject.as_str()).collect::<Vec<_>>(), ["o1"]);
    assert_eq!(store.open_alarms().await.unwrap(), [(Alarm::OrderInReview, 1)]);
    let notices = store.claim_notices(std::time::Duration::from_mins(1), 10).await.unwrap();
    assert_eq!(notices.len(), 1);
}

/// Its process cannot be running any more, so nobody else delivers what it claimed.
#[tokio::test]
async fn the_claims_of_the_server_before_are_void_on_sqlite() {
    let database = fixture::Database::new().await;
    let store = database.open().await;
    raise(&store, database.now(), "o1").await;
    let lease = std::time::Duration::from_mins(1);
    assert_eq!(store.claim_notices(lease, 10).await.unwrap().len(), 1);
    store.close().await;
    let store = database.open().await;
    assert_eq!(store.claim_notices(lease, 10).await.unwrap().len(), 1);
}

//! Alarms, and the end of one by an operator's word.

use insta::assert_snapshot;
use serde_json::{Map, json};
use trunkline_alarms::{Alarm, AlarmRecord, AlarmsShown, CauseVerdict, EndReason};
use trunkline_domain::Actor;
use uuid::Uuid;

use crate::sample::at;
use crate::world::{Answer, Call, Key, World};

fn alarm() -> AlarmRecord {
    AlarmRecord {
        id: Uuid::from_u64_pair(7, 7),
        alarm: Alarm::ReleaseInReview,
        subject: "n-1".to_owned(),
        sentence: "a release waits for an operator".to_owned(),
        details: Map::from_iter([("attempts".to_owned(), json!(12))]),
        raised_at: at(1),
        last_raised_at: at(5),
        times: 2,
        end: None,
    }
}

async fn end(world: World) -> Answer {
    let body = r#"{"alarm": "release_in_review", "subject": "n-1", "reason": "ticket 7"}"#;
    world.answer(Call::post("/api/operator/alarms/end", body).key(Key::Operator)).await
}

#[tokio::test]
async fn open_alarms_are_listed() {
    let mut world = World::new();
    world.alarms.expect_alarms().times(1).return_once(|filter| {
        assert_eq!((filter.shown, filter.after, filter.limit), (AlarmsShown::Open, None, 2));
        Ok(vec![alarm(), alarm()])
    });
    let call = Call::get("/api/operator/alarms?limit=1").key(Key::Operator);
    assert_snapshot!(world.answer(call).await.picture());
}

#[tokio::test]
async fn those_that_have_ended_are_listed_on_demand() {
    let mut world = World::new();
    world.alarms.expect_alarms().times(1).return_once(|filter| {
        assert_eq!((filter.shown, filter.limit), (AlarmsShown::All, 51));
        Ok(vec![alarm()])
    });
    let answer = world.answer(Call::get("/api/operator/alarms?all=true").key(Key::Operator)).await;
    assert_eq!(answer.json()["more"], json!(false));
}

#[tokio::test]
async fn an_alarm_is_ended_with_a_reason() {
    let mut world = World::new();
    world.alarms.expect_alarms().returning(|_| Ok(vec![alarm()]));
    world.causes.expect_stands().returning(|_| Ok(CauseVerdict::NotKnown));
    world.alarms.expect_end().times(1).return_once(|change| {
        let (ending, line) = (&change.body, &change.audit[0]);
        assert_eq!((ending.alarm, ending.reason), (Alarm::ReleaseInReview, EndReason::Operator));
        assert_eq!(line.reason.as_deref(), Some("ticket 7"));
        assert!(matches!(line.actor, Actor::Operator { .. }), "{:?}", line.actor);
        Ok(true)
    });
    assert_snapshot!(end(world).await.picture());
}

#[tokio::test]
async fn an_alarm_that_is_not_open_or_whose_cause_stands_is_not_ended() {
    let mut world = World::new();
    world.alarms.expect_alarms().returning(|_| Ok(Vec::new()));
    let absent = end(world);
    let mut world = World::new();
    world.alarms.expect_alarms().returning(|_| Ok(vec![alarm()]));
    world.causes.expect_stands().returning(|_| Ok(CauseVerdict::Stands));
    let stands = end(world);
    assert_snapshot!([absent.await, stands.await].map(|answer| answer.picture()).join("\n\n---\n\n"));
}

#[tokio::test]
async fn a_name_that_no_alarm_has_is_a_mistake() {
    let body = r#"{"alarm": "late success", "subject": "n-1", "reason": "ticket 7"}"#;
    let call = Call::post("/api/operator/alarms/end", body).key(Key::Operator);
    assert_eq!(World::new().answer(call).await.fields(), ["alarm"]);
}

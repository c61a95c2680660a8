//! What limits a user: shown, replaced whole, and heard of by the user whom it holds back.

use insta::assert_snapshot;
use serde_json::json;
use trunkline_provisioning::LimitUse;
use trunkline_provisioning::port::{LimitsFile, SetLimitsAnswer, StoreError};

use crate::world::{Call, Key, World};

const PATH: &str = "/api/operator/users/ann/limits";

fn file(own: &str, version: u32) -> LimitsFile {
    let used = LimitUse { numbers: 2, purchases_today: 1, released_recently: 4 };
    LimitsFile { own: serde_json::from_str(own).unwrap(), version, used }
}

fn put(body: &str) -> Call {
    Call::new("PUT", PATH).json(body).key(Key::Operator)
}

#[tokio::test]
async fn limits_are_shown_with_their_origin_and_what_is_used() {
    let mut world = World::new();
    world.user_limits = serde_json::from_str(
        r#"{"numbers": 3, "countries": ["US", "CA"], "monthlyPrice": {"USD": 20.00}, "churn": true}"#,
    )
    .unwrap();
    world.limits.expect_limits().returning(|_| Ok(file(r#"{"numbers": 10, "countries": null}"#, 1)));
    assert_snapshot!(world.answer(Call::get(PATH).key(Key::Operator)).await.picture());
}

/// Whoever is limited sees by what, and nobody else's.
#[tokio::test]
async fn a_user_sees_their_own_limits() {
    let mut world = World::new();
    world.limits.expect_limits().returning(|user| {
        assert_eq!(user.as_str(), "ann");
        Ok(file(r#"{"numbers": 10}"#, 1))
    });
    let answer = world.answer(Call::get("/api/limits").key(Key::Ann)).await.json();
    assert_eq!((answer["userId"].as_str(), answer["effective"]["numbers"].as_u64()), (Some("ann"), Some(10)));
    let bens = World::new().answer(Call::get("/api/limits?userId=ann").key(Key::Ben)).await;
    assert_eq!(bens.code(), "FORBIDDEN");
}

#[tokio::test]
async fn limits_are_replaced_whole_on_what_was_read() {
    let mut world = World::new();
    world.limits.expect_limits().times(1).returning(|_| Ok(file(r#"{"numbers": 10}"#, 4)));
    world.limits.expect_set_limits().times(1).returning(|change| {
        assert_eq!(change.body.version, 4);
        Ok(SetLimitsAnswer::Moved)
    });
    world.limits.expect_limits().times(2).returning(|_| Ok(file(r#"{"numbers": 11}"#, 5)));
    world.limits.expect_set_limits().times(1).returning(|change| {
        assert_eq!((change.body.version, change.body.user.as_str()), (5, "ann"));
        let line = &change.audit[0];
        assert_eq!((line.action.as_str(), line.reason.as_deref()), ("user.limit", Some("ticket 7")));
        let details =
            json!({ "before": { "numbers": 11 }, "after": { "numberTypes": ["local"], "churn": null } });
        assert_eq!(line.details, details);
        Ok(SetLimitsAnswer::Set)
    });
    let body = r#"{"limits": {"numberTypes": ["local"], "churn": null}, "reason": "ticket 7"}"#;
    let answer = world.answer(put(body)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn mistakes_in_limits_are_named() {
    for (limits, wrong) in [
        (r#"{"number": 3}"#, "unknown field `number`"),
        (r#"{"numbers": 0}"#, "nonzero"),
        (r#"{"countries": "US"}"#, "expected a sequence"),
        ("3", "expected struct"),
    ] {
        let body = format!(r#"{{"limits": {limits}, "reason": "ticket 7"}}"#);
        let answer = World::new().answer(put(&body)).await;
        assert_eq!(answer.fields(), ["limits"], "{limits}");
        assert!(answer.body.contains(wrong), "{limits}: {}", answer.body);
    }
}

#[tokio::test]
async fn nobody_has_no_limits() {
    let call = Call::get("/api/operator/users/nobody/limits").key(Key::Operator);
    assert_eq!(World::new().answer(call).await.code(), "USER_NOT_FOUND");
}

#[tokio::test(start_paused = true)]
async fn limits_of_which_nobody_knows_whether_they_are_set_say_so() {
    let mut world = World::new();
    world.limits.expect_limits().returning(|_| Ok(file("{}", 0)));
    world.limits.expect_set_limits().returning(|_| Err(StoreError::OutcomeUnknown("inside".into())));
    let answer = world.answer(put(r#"{"limits": {}, "reason": "ticket 7"}"#)).await;
    assert_eq!(answer.code(), "STORAGE_UNAVAILABLE");
}

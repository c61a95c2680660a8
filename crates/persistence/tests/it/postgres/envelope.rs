//! Events and audit lines: stored with what they tell of, once, and not without it.

use serde_json::json;
use trunkline_domain::{Change, Event, EventId, Origin, UserId};
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::contract::fixture::{ann, usd};
use trunkline_provisioning::port::OpenAnswer;
use uuid::Uuid;

use super::database::Database;

fn told<T>(f: &Fixture, change: Change<T>, n: u128, user: &UserId) -> Change<T> {
    let event = |n| Event {
        id: EventId::from_uuid(Uuid::from_u128(n)),
        kind: format!("something.happened.{n}"),
        user: user.clone(),
        subject: n.to_string(),
        at: f.now(),
        data: json!({ "n": "é", "price": "1.50", "amount": 0.1 }),
    };
    let audit = |action| Origin::command_line().audit(action, n, Some(user), f.now());
    let change = change.event(event(n)).event(event(n + 1));
    change.audit(audit("something.done")).audit(audit("something.more"))
}

#[tokio::test]
async fn a_change_is_told_once_and_in_order() {
    let database = Database::new().await;
    let store = database.open().await;
    let f = database.changes(&store);
    let credit = told(&f, f.credit_of(&ann(), usd("5")), 1, &ann());
    f.wallets.credit(&credit).await.unwrap();
    f.wallets.credit(&credit).await.unwrap();
    let events = database
        .place
        .run(&["SELECT kind, user_id, subject, data FROM trunkline.outbox_event ORDER BY sequence"]);
    let data = r#"{"n": "é", "price": "1.50", "amount": 0.1}"#;
    let expected: Vec<_> =
        [1, 2].map(|n| format!("something.happened.{n}|ann|{n}|{data}")).into_iter().collect();
    assert_eq!(events.lines().collect::<Vec<_>>(), expected);
    let audit = "SELECT actor, action, subject, user_id, details, reason IS NULL FROM trunkline.audit ORDER BY sequence";
    let expected = ["something.done", "something.more"]
        .map(|action| format!(r#"{{"kind": "command_line"}}|{action}|1|ann|null|t"#));
    assert_eq!(database.place.run(&[audit]).lines().collect::<Vec<_>>(), expected);
    let moment = f.now().timestamp_micros().to_string();
    let at = "SELECT DISTINCT (extract(epoch FROM at) * 1000000)::bigint FROM trunkline.audit";
    assert_eq!(database.place.run(&[at]), moment);
}

#[tokio::test]
async fn a_refused_change_tells_nothing() {
    let database = Database::new().await;
    let store = database.open().await;
    let f = database.changes(&store);
    let opening = told(&f, f.opening(&ann(), 1, usd("1.50")), 1, &ann());
    assert!(matches!(f.purchases.open(&opening).await.unwrap(), OpenAnswer::Refused(_)));
    let count =
        "SELECT (SELECT count(*) FROM trunkline.outbox_event) + (SELECT count(*) FROM trunkline.audit)";
    assert_eq!(database.place.run(&[count]), "0");
}

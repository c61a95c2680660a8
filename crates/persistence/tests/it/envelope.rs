//! Events and audit lines: stored with what they tell of, once, and not without it.

use serde_json::json;
use trunkline_domain::{Change, Event, EventId, Origin, UserId};
use trunkline_provisioning::contract::fixture::{ann, usd};
use trunkline_provisioning::port::OpenAnswer;
use uuid::Uuid;

use crate::fixture::Database;

fn told<T>(change: Change<T>, n: u128, user: &UserId, at: chrono::DateTime<chrono::Utc>) -> Change<T> {
    let event = Event {
        id: EventId::from_uuid(Uuid::from_u128(n)),
        kind: "something.happened".to_owned(),
        user: user.clone(),
        subject: n.to_string(),
        at,
        data: json!({ "n": "é" }),
    };
    change.event(event).audit(Origin::command_line().audit("something.done", n, Some(user), at))
}

async fn count(database: &Database, table: &str) -> i64 {
    let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
    sqlx::query_scalar(sql).fetch_one(&mut database.stranger().await).await.unwrap()
}

#[tokio::test]
async fn a_change_is_told_once() {
    let database = Database::new().await;
    let store = database.open().await;
    let f = database.changes(&store);
    let credit = told(f.credit_of(&ann(), usd("5")), 1, &ann(), f.now());
    f.wallets.credit(&credit).await.unwrap();
    f.wallets.credit(&credit).await.unwrap();
    assert_eq!((count(&database, "outbox_event").await, count(&database, "audit").await), (1, 1));
    let mut stranger = database.stranger().await;
    let (kind, at, data): (String, String, String) =
        sqlx::query_as("SELECT kind, at, data FROM outbox_event").fetch_one(&mut stranger).await.unwrap();
    assert_eq!((kind.as_str(), data.as_str()), ("something.happened", r#"{"n":"é"}"#));
    assert_eq!(at, f.now().format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string());
    let (actor, details): (String, String) =
        sqlx::query_as("SELECT actor, details FROM audit").fetch_one(&mut stranger).await.unwrap();
    assert_eq!((actor.as_str(), details.as_str()), (r#"{"kind":"command_line"}"#, "null"));
}

#[tokio::test]
async fn a_refused_change_tells_nothing() {
    let database = Database::new().await;
    let store = database.open().await;
    let f = database.changes(&store);
    let opening = told(f.opening(&ann(), 1, usd("1.50")), 1, &ann(), f.now());
    assert!(matches!(f.purchases.open(&opening).await.unwrap(), OpenAnswer::Refused(_)));
    assert_eq!((count(&database, "outbox_event").await, count(&database, "audit").await), (0, 0));
}

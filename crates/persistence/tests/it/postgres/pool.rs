//! Connections: bounded, and never handed on inside somebody's transaction.

use std::time::Duration;

use trunkline_domain::Change;
use trunkline_persistence::{PostgresOptions, PostgresStore};
use trunkline_provisioning::contract::fixture::ann;
use trunkline_provisioning::port::{OperationsStore, StoreError};
use trunkline_tenancy::{TenancyStore, TenancyStoreError, User, UserCreation};

use super::database::Database;

fn user_of(name: &str) -> Change<UserCreation> {
    let at = "2026-11-22T12:00:00Z".parse().unwrap();
    Change::new(UserCreation { user: User { id: name.parse().unwrap(), email: None, created_at: at } })
}

#[tokio::test]
async fn no_statement_waits_for_ever_for_a_row() {
    let database = Database::new().await;
    let options = PostgresOptions { lock_timeout: Duration::from_millis(50), ..database.options() };
    let store = PostgresStore::open(options).await.unwrap();
    let mut stranger = database.stranger().await;
    let held = sqlx::Connection::begin(&mut stranger).await.unwrap();
    let mut held = held;
    sqlx::query("SELECT FROM trunkline.deployment FOR UPDATE").execute(&mut *held).await.unwrap();
    assert!(matches!(store.check_writable().await, Err(StoreError::Unavailable(_))), "certainly not done");
    held.rollback().await.unwrap();
    store.check_writable().await.unwrap();
}

#[tokio::test]
async fn no_statement_runs_for_ever() {
    let database = Database::new().await;
    let options = PostgresOptions { statement_timeout: Duration::from_millis(50), ..database.options() };
    let store = PostgresStore::open(options).await.unwrap();
    database.place.run(&[
        "CREATE FUNCTION sleep() RETURNS trigger LANGUAGE plpgsql AS
                          $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$",
        "CREATE TRIGGER sleepy BEFORE INSERT ON trunkline.users
                          FOR EACH ROW EXECUTE FUNCTION sleep()",
    ]);
    let created = store.create_user(&user_of("ann")).await;
    assert!(matches!(created, Err(TenancyStoreError::Unavailable(_))), "{created:?}");
    assert_eq!(store.user(&ann()).await.unwrap(), None);
}

#[tokio::test]
async fn who_finds_no_free_connection_hears_so_in_time() {
    let database = Database::new().await;
    let acquire_timeout = Duration::from_millis(50);
    let options = PostgresOptions { connections: 1, acquire_timeout, ..database.options() };
    let store = PostgresStore::open(options).await.unwrap();
    let mut stranger = database.stranger().await;
    let mut held = sqlx::Connection::begin(&mut stranger).await.unwrap();
    sqlx::query("LOCK TABLE trunkline.deployment").execute(&mut *held).await.unwrap();
    let waits = tokio::spawn({
        let store = store.clone();
        async move { store.check_writable().await }
    });
    let is_waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    while database.place.run(&[is_waiting]) != "1" {
        tokio::task::yield_now().await;
    }
    let user = store.user(&ann()).await;
    assert!(matches!(user, Err(TenancyStoreError::Unavailable(_))), "{user:?}");
    held.rollback().await.unwrap();
    waits.await.unwrap().unwrap();
    store.user(&ann()).await.unwrap();
}

/// Two hundred callers go away in the middle of a change, most of them while it is on its way: what was acknowledged
/// before, between and after is there, and no connection is stuck.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_that_go_away_take_nobody_elses_change_along() {
    let database = Database::new().await;
    let store = PostgresStore::open(PostgresOptions { connections: 3, ..database.options() }).await.unwrap();
    let mut acknowledged = 0;
    for n in 0..200_usize {
        {
            let change = user_of(&format!("leaver{n}"));
            let mut leaving = std::pin::pin!(store.create_user(&change));
            for _ in 0..n % 5 {
                if futures::poll!(&mut leaving).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        store.create_user(&user_of(&format!("stayer{n}"))).await.unwrap();
        acknowledged += 1;
    }
    store.close().await;
    let stayers = database.place.run(&["SELECT count(*) FROM trunkline.users WHERE id LIKE 'stayer%'"]);
    assert_eq!(stayers, acknowledged.to_string());
}

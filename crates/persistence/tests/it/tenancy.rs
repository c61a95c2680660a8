//! Tenancy's contracts, and where it meets numbers and orders.

use trunkline_domain::{BusinessId, Change};
use trunkline_persistence::SqliteStore;
use trunkline_provisioning::contract::fixture::{ann, bob, sid, usd};
use trunkline_provisioning::port::{Businesses, ClaimEnd, NumberRecording, ReleaseEnd};
use trunkline_tenancy::{
    ApiKeySecret, Business, BusinessCreation, BusinessDeletion, DeleteBusinessAnswer, TenancyStore, User,
    UserCreation,
};

use crate::engine::on_every_engine;
use crate::fixture::Database;

on_every_engine!(trunkline_tenancy::tenancy_store_contract!(tenancy));

mod trail {
    use super::on_every_engine;

    on_every_engine!(trunkline_tenancy::audit_reader_contract!(audit));
}

async fn add_business(database: &Database, store: &SqliteStore) -> BusinessId {
    let at = database.now();
    let user = User { id: ann(), email: None, created_at: at };
    store.create_user(&Change::new(UserCreation { user })).await.unwrap();
    let business = Business {
        id: "00000000-0000-4000-8000-000000000001".parse().unwrap(),
        owner: ann(),
        name: "Shop".parse().unwrap(),
        time_zone: None,
        created_at: at,
        updated_at: at,
    };
    store.create_business(&Change::new(BusinessCreation { business: business.clone() })).await.unwrap();
    business.id
}

async fn delete(database: &Database, store: &SqliteStore, business: BusinessId) -> DeleteBusinessAnswer {
    let deletion = BusinessDeletion { business, owner: ann(), at: database.now() };
    store.delete_business(&Change::new(deletion)).await.unwrap()
}

#[tokio::test]
async fn a_business_says_whose_it_is() {
    let database = Database::new().await;
    let store = database.open().await;
    let business = add_business(&database, &store).await;
    assert_eq!(store.owner_of(business).await.unwrap(), Some(ann()));
    let unknown = "00000000-0000-4000-8000-00000000ffff".parse().unwrap();
    assert_eq!(store.owner_of(unknown).await.unwrap(), None);
}

#[tokio::test]
async fn a_business_with_an_undecided_order_is_not_deleted() {
    let database = Database::new().await;
    let store = database.open().await;
    let business = add_business(&database, &store).await;
    let f = database.changes(&store);
    f.credit(&ann(), usd("10")).await;
    let mut change = f.opening(&ann(), 1, usd("1"));
    change.body.order.business = Some(business);
    let opened = f.open_as(&change).await;
    assert_eq!(delete(&database, &store, business).await, DeleteBusinessAnswer::InUse);
    f.fail(&opened, ClaimEnd::Free).await;
    assert_eq!(delete(&database, &store, business).await, DeleteBusinessAnswer::Deleted);
}

#[tokio::test]
async fn a_business_with_a_live_number_is_not_deleted() {
    let database = Database::new().await;
    let store = database.open().await;
    let business = add_business(&database, &store).await;
    let f = database.changes(&store);
    f.credit(&ann(), usd("10")).await;
    let mut change = f.opening(&ann(), 1, usd("1"));
    change.body.order.business = Some(business);
    let opened = f.open_as(&change).await;
    let number = f.settle(&opened.order, &sid(1)).await;
    assert_eq!(delete(&database, &store, business).await, DeleteBusinessAnswer::InUse);
    f.releases.begin(&f.release_of(&number)).await.unwrap();
    assert_eq!(delete(&database, &store, business).await, DeleteBusinessAnswer::InUse);
    f.releases.finish(&Change::new(ReleaseEnd { number: number.id, at: f.now() })).await.unwrap();
    assert_eq!(delete(&database, &store, business).await, DeleteBusinessAnswer::Deleted);
}

#[tokio::test]
async fn a_business_with_a_recorded_number_is_not_deleted() {
    let database = Database::new().await;
    let store = database.open().await;
    let business = add_business(&database, &store).await;
    let f = database.changes(&store);
    let mut number = f.record_of(&bob(), 1);
    number.business = Some(business);
    f.numbers.record(&Change::new(NumberRecording { number: number.clone() })).await.unwrap();
    assert_eq!(delete(&database, &store, business).await, DeleteBusinessAnswer::InUse);
    f.releases.begin(&f.release_of(&number)).await.unwrap();
    assert_eq!(delete(&database, &store, business).await, DeleteBusinessAnswer::Deleted);
}

/// A key of the time before there were scopes has every one of its kind.
#[tokio::test]
async fn a_key_without_scopes_has_all_that_its_holder_may() {
    let database = Database::new().await;
    let store = database.open().await;
    let secrets = ["user", "service", "operator"].map(|kind| (kind, ApiKeySecret::generate()));
    let mut stranger = database.stranger().await;
    sqlx::query("INSERT INTO users (id, created_at) VALUES ('ann', '2026-01-01T00:00:00.000000Z')")
        .execute(&mut stranger)
        .await
        .unwrap();
    for (n, (kind, secret)) in secrets.iter().enumerate() {
        sqlx::query(
            "INSERT INTO api_keys (id, hash, kind, user_id, created_at)
             VALUES (?1, ?2, ?3, iif(?3 = 'user', 'ann', NULL), '2026-01-01T00:00:00.000000Z')",
        )
        .bind(format!("00000000-0000-4000-8000-00000000000{n}"))
        .bind(secret.hash().to_string())
        .bind(kind)
        .execute(&mut stranger)
        .await
        .unwrap();
        let key = store.key_by_hash(&secret.hash()).await.unwrap().unwrap();
        assert_eq!((key.holder.kind(), key.scopes), (*kind, key.holder.scopes()));
    }
}

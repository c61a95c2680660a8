//! Users and businesses.

use axum::http::StatusCode;
use insta::assert_snapshot;
use rstest::rstest;
use trunkline_tenancy::{
    Business, BusinessPage, CreateBusinessAnswer, CreateUserAnswer, DeleteBusinessAnswer, Scope,
    UpdateBusinessAnswer,
};

use crate::sample::{ann, at, bakery};
use crate::world::{Call, Key, World};

fn business() -> Business {
    Business {
        id: bakery(),
        owner: ann(),
        name: "Corner Bakery".parse().unwrap(),
        time_zone: Some("Europe/Lisbon".parse().unwrap()),
        created_at: at(0),
        updated_at: at(1),
    }
}

#[tokio::test]
async fn a_user_is_made_once() {
    let mut world = World::new();
    world
        .tenancy
        .expect_create_user()
        .times(1)
        .returning(|c| Ok(CreateUserAnswer::Created(c.body.user.clone())));
    world
        .tenancy
        .expect_create_user()
        .times(1)
        .returning(|c| Ok(CreateUserAnswer::Exists(c.body.user.clone())));
    let router = world.router();
    let call =
        || Call::post("/api/users", r#"{"id": "cleo", "email": "cleo@example.com"}"#).key(Key::Operator);
    let (first, again) = (call().to(router.clone()).await, call().to(router).await);
    assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::OK));
    assert_eq!(first.body, again.body);
    assert_snapshot!(first.picture());
}

#[tokio::test]
async fn a_user_needs_a_good_id() {
    let body = r#"{"id": "two words", "email": "nowhere"}"#;
    let answer = World::new().answer(Call::post("/api/users", body).key(Key::Service)).await;
    assert_eq!(answer.fields(), ["id", "email"]);
}

#[tokio::test]
async fn a_business_is_made_for_its_owner() {
    let mut world = World::new();
    world.tenancy.expect_create_business().times(1).returning(|change| {
        assert_eq!((&change.body.business.owner, change.body.business.id), (&ann(), bakery()));
        assert_eq!(change.audit[0].request_id.as_deref(), Some("test-request"));
        Ok(CreateBusinessAnswer::Created(change.body.business.clone()))
    });
    let body = format!(
        r#"{{"id": "{}", "name": " Corner Bakery ", "timeZone": "europe/lisbon", "x": 1}}"#,
        bakery()
    );
    let answer = world.answer(Call::post("/api/businesses", &body).key(Key::Service).acting_for("ann")).await;
    assert_snapshot!(answer.picture());
}

#[rstest]
#[case(CreateBusinessAnswer::IdTaken, 400, "VALIDATION_FAILED")]
#[case(CreateBusinessAnswer::OwnerNotFound, 404, "USER_NOT_FOUND")]
#[case(CreateBusinessAnswer::Exists(business()), 200, "none")]
#[tokio::test]
async fn a_business_that_is_not_made(
    #[case] end: CreateBusinessAnswer,
    #[case] status: u16,
    #[case] code: &str,
) {
    let mut world = World::new();
    world.tenancy.expect_create_business().return_once(|_| Ok(end));
    let answer = world.answer(Call::post("/api/businesses", r#"{"name": "B"}"#).key(Key::Ann)).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code));
}

#[tokio::test]
async fn mistakes_in_a_business_are_all_named() {
    let body = r#"{"id": "7", "name": "", "timeZone": "Mars/Olympus"}"#;
    let answer = World::new().answer(Call::post("/api/businesses", body).key(Key::Ann)).await;
    assert_snapshot!(answer.picture());
}

#[rstest]
#[case(Key::Ann, "/api/businesses", Scope::User(ann()))]
#[case(Key::Operator, "/api/businesses", Scope::Everyone)]
#[case(Key::Operator, "/api/businesses?userId=ann", Scope::User(ann()))]
#[case(Key::Service, "/api/businesses?userId=ann", Scope::User(ann()))]
#[tokio::test]
async fn lists_keep_to_their_scope(#[case] key: Key, #[case] path: &str, #[case] scope: Scope) {
    let mut world = World::new();
    world.tenancy.expect_businesses().times(1).return_once(move |filter| {
        assert_eq!((&filter.scope, filter.limit), (&scope, 100));
        Ok(BusinessPage { businesses: vec![business()], next: Some(bakery()) })
    });
    let answer = world.answer(Call::get(path).key(key)).await;
    assert_eq!(answer.json()["nextCursor"], bakery().to_string());
    assert_eq!(answer.json()["businesses"][0]["timeZone"], "Europe/Lisbon");
}

#[tokio::test]
async fn pages_are_asked_for_by_cursor_and_limit() {
    let mut world = World::new();
    world.tenancy.expect_businesses().times(1).return_once(|filter| {
        assert_eq!((filter.after, filter.limit), (Some(bakery()), 7));
        Ok(BusinessPage { businesses: Vec::new(), next: None })
    });
    let path = format!("/api/businesses?cursor={}&limit=7", bakery());
    let answer = world.answer(Call::get(&path).key(Key::Ann)).await;
    assert_eq!(answer.body, r#"{"success":true,"businesses":[],"nextCursor":null}"#);

    let answer = World::new().answer(Call::get("/api/businesses?cursor=1&limit=0").key(Key::Ann)).await;
    assert_eq!(answer.fields(), ["cursor", "limit"]);
}

#[tokio::test]
async fn a_business_is_shown_changed_and_deleted() {
    let mut world = World::new();
    world.tenancy.expect_business().times(3).returning(|_, _| Ok(Some(business())));
    world.tenancy.expect_update_business().times(1).returning(|change| {
        assert_eq!((&change.body.name, change.body.time_zone), (&None, Some(None)));
        Ok(UpdateBusinessAnswer::Updated(Business { time_zone: None, ..business() }))
    });
    world.tenancy.expect_delete_business().times(1).returning(|_| Ok(DeleteBusinessAnswer::Deleted));
    let (router, path) = (world.router(), format!("/api/businesses/{}", bakery()));
    let shown = Call::get(&path).key(Key::Ann).to(router.clone()).await;
    let change = Call::new("PATCH", &path).json(r#"{"timeZone": null, "name": ""}"#).key(Key::Ann);
    let changed = change.to(router.clone()).await;
    let deleted = Call::new("DELETE", &path).key(Key::Ann).to(router).await;
    assert_snapshot!([shown, changed, deleted].map(|answer| answer.picture()).join("\n\n---\n\n"));
}

#[tokio::test]
async fn a_business_in_use_stays_and_anothers_does_not_exist() {
    let mut world = World::new();
    world
        .tenancy
        .expect_business()
        .times(1)
        .returning(|scope, _| Ok((*scope == Scope::User(ann())).then(business)));
    world.tenancy.expect_delete_business().times(1).returning(|_| Ok(DeleteBusinessAnswer::InUse));
    let (router, path) = (world.router(), format!("/api/businesses/{}", bakery()));
    let used = Call::new("DELETE", &path).key(Key::Ann).to(router.clone()).await;
    assert_eq!((used.status, used.code().as_str()), (StatusCode::CONFLICT, "BUSINESS_IN_USE"));
    for call in [Call::new("DELETE", &path), Call::new("PATCH", &path).json("{}")] {
        let answer = call.key(Key::Ben).to(router.clone()).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::NOT_FOUND, "BUSINESS_NOT_FOUND"));
    }
}

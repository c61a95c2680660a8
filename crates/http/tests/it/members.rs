//! Members of a business: who says who they are, what they reach, and what they are told of an owner's affairs.

use std::num::NonZeroU32;

use axum::http::StatusCode;
use rstest::rstest;
use serde_json::json;
use trunkline_domain::{Actor, OwnedNumber};
use trunkline_provisioning::LimitReached;
use trunkline_provisioning::port::{
    NumberPage, OpenAnswer, OpenRefusal, OrderPage, RecordAnswer, ReleaseAnswer, ReleaseRefusal, Repeat,
    Scope, UpdateAnswer,
};
use trunkline_tenancy::{
    Business, BusinessPage, Member, MemberRole, Membership, MembershipPage, PutMemberAnswer,
    RemoveMemberAnswer,
};

use crate::sample::{UNKNOWN_ID, ann, at, bakery, number, order, usd};
use crate::world::{Answer, Call, Key, World};

const MANAGER: MemberRole = MemberRole::Manager;
const VIEWER: MemberRole = MemberRole::Viewer;

fn ben() -> trunkline_domain::UserId {
    "ben".parse().unwrap()
}

fn within() -> Scope {
    Scope::Within { owner: ann(), businesses: vec![bakery()] }
}

fn members() -> String {
    format!("/api/businesses/{}/members", bakery())
}

fn number_path() -> String {
    format!("/api/numbers/{}", number().id)
}

fn purchase() -> String {
    let business = bakery();
    format!(r#"{{"phoneNumber": "+14152300101", "displayName": "Front desk", "businessId": "{business}"}}"#)
}

fn business() -> Business {
    let name = "Corner Bakery".parse().unwrap();
    Business { id: bakery(), owner: ann(), name, time_zone: None, created_at: at(-9), updated_at: at(-9) }
}

fn refused(answer: &Answer, status: StatusCode, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.body);
}

#[tokio::test]
async fn an_owner_adds_changes_and_removes_members() {
    let mut world = World::new();
    let viewer = Member { user: ben(), role: VIEWER, added_at: at(0) };
    let known = viewer.clone();
    world.tenancy.expect_members().times(1).returning(|_, _| Ok(Vec::new()));
    world.tenancy.expect_members().returning(move |_, _| Ok(vec![known.clone()]));
    world.tenancy.expect_put_member().times(1).return_once(move |change| {
        assert_eq!((&change.body.owner, &change.body.member), (&ann(), &ben()));
        assert!(matches!(&change.audit[0].actor, Actor::User { user, .. } if *user == ann()));
        Ok(PutMemberAnswer::Put(viewer))
    });
    world.tenancy.expect_remove_member().times(1).return_once(|_| Ok(RemoveMemberAnswer::Removed));
    world.tenancy.expect_business().returning(|_, _| Ok(Some(business())));
    let (router, path) = (world.router(), format!("{}/ben", members()));
    let put = || Call::new("PUT", &path).json(r#"{"role": "viewer"}"#).key(Key::Ann);
    let (made, again) = (put().to(router.clone()).await, put().to(router.clone()).await);
    assert_eq!((made.status, again.status), (StatusCode::CREATED, StatusCode::OK));
    assert_eq!(made.body, again.body);
    let expected = json!({ "userId": "ben", "role": "viewer", "addedAt": "2026-03-01T12:00:00Z" });
    assert_eq!(made.json(), json!({ "success": true, "member": expected }));
    let listed = Call::get(&members()).key(Key::Ann).to(router.clone()).await;
    let owner = json!({ "userId": "ann", "role": "owner", "addedAt": "2026-03-01T11:59:51Z" });
    assert_eq!(listed.json(), json!({ "success": true, "members": [owner, expected] }));
    let removed = Call::new("DELETE", &path).key(Key::Ann).to(router.clone()).await;
    assert_eq!(removed.json(), json!({ "success": true }));
}

#[tokio::test]
async fn what_is_no_member_says_so() {
    for (path, body, field) in [
        (format!("{}/ben", members()), r#"{"role": "owner"}"#, "role"),
        (format!("{}/ben", members()), r#"{"role": 1}"#, "role"),
        (format!("{}/ben", members()), "{}", "role"),
        (format!("{}/ann", members()), r#"{"role": "viewer"}"#, "userId"),
        (format!("{}/two%20words", members()), r#"{"role": "viewer"}"#, "userId"),
    ] {
        let answer = World::new().answer(Call::new("PUT", &path).json(body).key(Key::Ann)).await;
        refused(&answer, StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        assert_eq!(answer.fields(), [field], "{body}");
    }
    let herself = Call::new("DELETE", &format!("{}/ann", members())).key(Key::Ann);
    let herself = World::new().answer(herself).await;
    assert_eq!(herself.fields(), ["userId"]);

    let mut world = World::new();
    world.tenancy.expect_members().returning(|_, _| Ok(Vec::new()));
    world.tenancy.expect_put_member().returning(|_| Ok(PutMemberAnswer::TooMany));
    let router = world.router();
    let gone = Call::new("DELETE", &format!("{}/ben", members())).key(Key::Ann).to(router.clone()).await;
    refused(&gone, StatusCode::NOT_FOUND, "MEMBER_NOT_FOUND");
    let garbage = Call::new("DELETE", &format!("{}/two%20words", members())).key(Key::Ann);
    refused(&garbage.to(router.clone()).await, StatusCode::NOT_FOUND, "MEMBER_NOT_FOUND");
    let full = Call::new("PUT", &format!("{}/ben", members())).json(r#"{"role": "viewer"}"#).key(Key::Ann);
    let full = full.to(router).await;
    refused(&full, StatusCode::FORBIDDEN, "LIMIT_EXCEEDED");
    assert_eq!(full.json()["limit"], 100);
}

/// The business, its members, the wallet and everything else of the owner's own stay the owner's.
#[rstest]
#[tokio::test]
async fn nobody_but_the_owner_has_their_own_affairs(#[values(MANAGER, VIEWER)] role: MemberRole) {
    let business = format!("/api/businesses/{}", bakery());
    let ask = async |call: Call| World::shared_with_ben(role).answer(call.key(Key::Ben)).await;
    for (method, path, body) in [
        ("PATCH", business.as_str(), Some("{}")),
        ("DELETE", &business, None),
        ("PUT", &format!("{}/cleo", members()), Some(r#"{"role": "viewer"}"#)),
        ("DELETE", &format!("{}/cleo", members()), None),
        ("GET", "/api/wallet/balance?userId=ann", None),
        ("GET", "/api/wallet/transactions?userId=ann", None),
        ("GET", "/api/audit?userId=ann", None),
        ("GET", "/api/keys?userId=ann", None),
        ("POST", "/api/keys", Some(r#"{"userId": "ann"}"#)),
        ("POST", "/api/businesses", Some(r#"{"userId": "ann", "name": "Mine"}"#)),
        ("GET", "/api/memberships?userId=ann", None),
    ] {
        let call = Call::new(method, path);
        let call = body.map_or(Call::new(method, path), |body| call.json(body));
        refused(&ask(call).await, StatusCode::FORBIDDEN, "FORBIDDEN");
    }
}

#[tokio::test]
async fn a_member_sees_the_business_and_leaves_it() {
    let mut world = World::shared_with_ben(VIEWER);
    world.tenancy.expect_business().returning(|scope, id| {
        Ok((*scope == trunkline_tenancy::Scope::User(ann()) && id == bakery()).then(business))
    });
    let member = || Member { user: ben(), role: VIEWER, added_at: at(0) };
    world.tenancy.expect_members().returning(move |_, _| Ok(vec![member()]));
    world.tenancy.expect_remove_member().times(1).return_once(|change| {
        let line = &change.audit[0];
        assert!(matches!(&line.actor, Actor::User { user, .. } if *user == ben()), "{line:?}");
        assert_eq!((&change.body.member, &line.user), (&ben(), &Some(ann())));
        Ok(RemoveMemberAnswer::Removed)
    });
    let router = world.router();
    for (key, role) in [(Key::Ben, json!("viewer")), (Key::Ann, json!("owner")), (Key::Operator, json!(null))]
    {
        let shown = Call::get(&format!("/api/businesses/{}", bakery())).key(key).to(router.clone()).await;
        assert_eq!(shown.json()["business"]["role"], role);
        assert_eq!(shown.json()["business"].get("role").is_some(), role != json!(null));
        let listed = Call::get(&members()).key(key).to(router.clone()).await;
        assert_eq!(listed.json()["members"][1]["userId"], "ben");
    }
    let left = Call::new("DELETE", &format!("{}/ben", members())).key(Key::Ben).to(router).await;
    assert_eq!(left.status, StatusCode::OK, "{}", left.body);
}

#[tokio::test]
async fn memberships_are_listed_for_whom_they_are() {
    let membership = || Membership {
        business: bakery(),
        name: "Corner Bakery".parse().unwrap(),
        owner: ann(),
        role: MANAGER,
        added_at: at(0),
    };
    for (key, path) in [(Key::Ben, ""), (Key::Operator, "&userId=ben"), (Key::Service, "&userId=ben")] {
        let mut world = World::new();
        world.tenancy.expect_memberships().times(1).return_once(move |filter| {
            assert_eq!((&filter.member, filter.limit, filter.after), (&ben(), 7, None));
            Ok(MembershipPage { memberships: vec![membership()], next: Some(bakery()) })
        });
        let answer = world.answer(Call::get(&format!("/api/memberships?limit=7{path}")).key(key)).await;
        let expected = json!({ "businessId": bakery(), "businessName": "Corner Bakery", "ownerId": "ann",
                               "role": "manager", "addedAt": "2026-03-01T12:00:00Z" });
        let expected = json!({ "success": true, "memberships": [expected], "nextCursor": bakery() });
        assert_eq!(answer.json(), expected);
    }
}

/// By the number or order itself, by the business, and by naming the owner: the businesses go into the question.
#[rstest]
#[tokio::test]
async fn a_member_reads_what_is_in_the_business(#[values(MANAGER, VIEWER)] role: MemberRole) {
    let mut world = World::shared_with_ben(role);
    world.numbers.expect_number().returning(|scope, _| Ok((*scope == within()).then(number)));
    world.orders.expect_order().returning(|scope, _| Ok((*scope == within()).then(order)));
    world.numbers.expect_numbers().times(3).returning(|filter| {
        assert_eq!(filter.scope, within());
        Ok(NumberPage { numbers: vec![number()], total: 1, monthly: Vec::new(), next: None })
    });
    world.orders.expect_orders().times(3).returning(|filter| {
        assert_eq!(filter.scope, within());
        Ok(OrderPage { orders: vec![order()], next: None })
    });
    world.tenancy.expect_businesses().times(1).returning(|filter| {
        assert_eq!(filter.only, Some(vec![bakery()]));
        Ok(BusinessPage { businesses: vec![business()], next: None })
    });
    let (router, business) = (world.router(), bakery());
    let paths = [
        number_path(),
        format!("/api/orders/{}", order().id),
        format!("/api/numbers?businessId={business}"),
        format!("/api/orders?businessId={business}"),
        "/api/numbers?userId=ann".to_owned(),
        "/api/orders?userId=ann".to_owned(),
        "/api/businesses?userId=ann".to_owned(),
    ];
    for path in paths {
        let answer = Call::get(&path).key(Key::Ben).to(router.clone()).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    }
    // A service that acts for the member reaches as far, by the business.
    for path in ["numbers", "orders"] {
        let path = format!("/api/{path}?businessId={business}");
        let answer = Call::get(&path).key(Key::Service).acting_for("ben").to(router.clone()).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn unnamed_lists_stay_a_members_own() {
    let mut world = World::shared_with_ben(MANAGER);
    world.numbers.expect_numbers().times(2).returning(|filter| {
        assert_eq!(filter.scope, Scope::User(ben()));
        Ok(NumberPage { numbers: Vec::new(), total: 0, monthly: Vec::new(), next: None })
    });
    let router = world.router();
    for path in ["/api/numbers".to_owned(), format!("/api/numbers?businessId={UNKNOWN_ID}")] {
        let answer = Call::get(&path).key(Key::Ben).to(router.clone()).await;
        assert_eq!(answer.json()["total"], 0, "{path}");
    }
}

#[tokio::test]
async fn a_viewer_changes_nothing() {
    let record = format!(
        r#"{{"phoneNumber": "+442079460018", "displayName": "London", "provider": "bt", "businessId": "{}"}}"#,
        bakery()
    );
    for (method, path, body) in [
        ("PATCH", number_path(), Some(r#"{"notes": "mine"}"#)),
        ("DELETE", format!("{}/release", number_path()), None),
        ("POST", "/api/numbers/purchase".to_owned(), Some(purchase().as_str())),
        ("POST", "/api/numbers".to_owned(), Some(record.as_str())),
    ] {
        let call = Call::new(method, &path).key(Key::Ben);
        let call = match body {
            Some(body) => call.json(body),
            None => call,
        };
        refused(&World::shared_with_ben(VIEWER).answer(call).await, StatusCode::FORBIDDEN, "FORBIDDEN");
    }
}

#[tokio::test]
async fn a_manager_changes_and_records_and_releases() {
    let mut world = World::shared_with_ben(MANAGER);
    world.numbers.expect_number().returning(|scope, _| Ok((*scope == within()).then(number)));
    world.numbers.expect_update().times(1).return_once(|change| {
        let line = &change.audit[0];
        assert!(matches!(&line.actor, Actor::User { user, .. } if *user == ben()));
        assert_eq!(line.user, Some(ann()));
        Ok(UpdateAnswer::Updated(change.body.number.clone()))
    });
    world.releases.expect_begin().times(1).return_once(|change| {
        let (opening, request) = (&change.body, change.request.as_ref().unwrap());
        assert_eq!((&opening.user, &opening.within), (&ann(), &Some(vec![bakery()])));
        assert_eq!(request.user, ben(), "a member's key is their own");
        Ok(ReleaseAnswer::Refused(ReleaseRefusal::NotFound))
    });
    world.numbers.expect_record().times(1).return_once(|change| {
        let recorded: &OwnedNumber = &change.body.number;
        assert_eq!((&recorded.user, recorded.business), (&ann(), Some(bakery())));
        Ok(RecordAnswer::Exists(number().id))
    });
    let router = world.router();
    let ask = async |call: Call| call.key(Key::Ben).to(router.clone()).await;
    let changed =
        ask(Call::new("PATCH", &number_path()).json(r#"{"notes": "rings", "userId": "ann"}"#)).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    for (business, status, code) in [
        ("null".to_owned(), StatusCode::FORBIDDEN, "FORBIDDEN"),
        (format!("\"{UNKNOWN_ID}\""), StatusCode::NOT_FOUND, "BUSINESS_NOT_FOUND"),
    ] {
        let body = format!(r#"{{"businessId": {business}}}"#);
        refused(&ask(Call::new("PATCH", &number_path()).json(&body)).await, status, code);
    }
    let release = Call::new("DELETE", &format!("{}/release", number_path()));
    let gone = ask(release.header("Idempotency-Key", "key-1")).await;
    refused(&gone, StatusCode::NOT_FOUND, "NUMBER_NOT_FOUND");

    let body = format!(
        r#"{{"phoneNumber": "+442079460018", "displayName": "London", "provider": "bt", "businessId": "{}"}}"#,
        bakery()
    );
    let known = ask(Call::post("/api/numbers", &body)).await;
    refused(&known, StatusCode::CONFLICT, "NUMBER_ALREADY_EXISTS");
    assert_eq!(known.json().get("numberId"), None, "which number the owner has is not said");
}

/// What the owner has, holds and may is not a member's to know.
#[tokio::test]
async fn a_manager_buys_with_the_owners_wallet_and_is_not_told_what_is_in_it() {
    let limit = LimitReached::Numbers { allowed: NonZeroU32::new(3).unwrap() };
    for (refusal, status, code, kept) in [
        (
            OpenRefusal::InsufficientBalance { required: usd("1.5"), available: usd("0.25") },
            StatusCode::PAYMENT_REQUIRED,
            "INSUFFICIENT_BALANCE",
            vec!["requiredAmount", "currency"],
        ),
        (
            OpenRefusal::AlreadyOwned { number: number().id },
            StatusCode::CONFLICT,
            "NUMBER_ALREADY_EXISTS",
            vec![],
        ),
        (
            OpenRefusal::AlreadyOrdering { order: order().id },
            StatusCode::CONFLICT,
            "NUMBER_ALREADY_EXISTS",
            vec![],
        ),
        (
            OpenRefusal::LimitExceeded { reached: limit },
            StatusCode::FORBIDDEN,
            "LIMIT_EXCEEDED",
            vec!["limit"],
        ),
    ] {
        let mut world = World::shared_with_ben(MANAGER);
        world.purchases.expect_open().times(1).return_once(move |change| {
            let (order, line) = (&change.body.order, &change.audit[0]);
            assert_eq!((&order.user, order.business), (&ann(), Some(bakery())));
            assert!(matches!(&line.actor, Actor::User { user, .. } if *user == ben()));
            assert_eq!(line.user, Some(ann()));
            assert_eq!(change.request.as_ref().unwrap().user, ben());
            Ok(OpenAnswer::Refused(refusal))
        });
        let call = Call::post("/api/numbers/purchase", &purchase()).key(Key::Ben);
        let answer = world.answer(call.header("Idempotency-Key", "key-1")).await;
        refused(&answer, status, code);
        let document = answer.json();
        for told in
            ["requiredAmount", "availableAmount", "currency", "numberId", "orderId", "limit", "allowed"]
        {
            assert_eq!(document.get(told).is_some(), kept.contains(&told), "{told}: {}", answer.body);
        }
        assert_eq!(document["charged"], "no");
        assert!(!answer.body.contains("0.25"), "{}", answer.body);
    }
}

#[tokio::test]
async fn an_owner_is_named_together_with_a_business() {
    let body = r#"{"phoneNumber": "+14152300101", "displayName": "Desk", "userId": "ann"}"#;
    let loose =
        World::shared_with_ben(MANAGER).answer(Call::post("/api/numbers/purchase", body).key(Key::Ben));
    assert_eq!(loose.await.fields(), ["businessId"]);
    let elsewhere = body.replace('}', &format!(r#", "businessId": "{UNKNOWN_ID}"}}"#));
    let call = Call::post("/api/numbers/purchase", &elsewhere).key(Key::Ben);
    let answer = World::shared_with_ben(MANAGER).answer(call).await;
    refused(&answer, StatusCode::NOT_FOUND, "BUSINESS_NOT_FOUND");
    let nobodys = World::new().answer(Call::post("/api/numbers/purchase", body).key(Key::Ben)).await;
    refused(&nobodys, StatusCode::FORBIDDEN, "FORBIDDEN");
}

/// The same key for one's own things, and for an owner's, are two commands.
#[tokio::test]
async fn a_members_key_says_whose_things_it_is_about() {
    let mut fingerprints = Vec::new();
    for world in [World::shared_with_ben(MANAGER), World::new()] {
        let mut world = world;
        let seen = std::sync::Arc::new(std::sync::Mutex::new(None));
        let (opened, asked) = (seen.clone(), seen.clone());
        world.purchases.expect_open().returning(move |change| {
            *opened.lock().unwrap() = change.request.clone();
            Ok(OpenAnswer::Refused(OpenRefusal::TakenByOther))
        });
        world.purchases.expect_repeat().returning(move |request| {
            *asked.lock().unwrap() = Some(request.clone());
            Ok(None)
        });
        let call = Call::post("/api/numbers/purchase", &purchase()).key(Key::Ben);
        world.answer(call.header("Idempotency-Key", "key-1")).await;
        let request = seen.lock().unwrap().clone().unwrap();
        assert_eq!(request.user, ben());
        fingerprints.push(request.fingerprint);
    }
    assert_ne!(fingerprints[0], fingerprints[1]);
}

/// Whoever is a member no more hears of a number as of one that does not exist, with an old key too.
#[tokio::test]
async fn a_removed_members_repeat_is_no_way_back() {
    let mut world = World::new();
    world.purchases.expect_repeat().returning(|_| Ok(Some(Repeat::OtherCommand)));
    let router = world.router();
    let calls = [
        (Call::post("/api/numbers/purchase", &purchase()), "BUSINESS_NOT_FOUND"),
        (Call::new("DELETE", &format!("{}/release", number_path())), "NUMBER_NOT_FOUND"),
        (Call::get(&number_path()), "NUMBER_NOT_FOUND"),
        (Call::new("PATCH", &number_path()).json("{}"), "NUMBER_NOT_FOUND"),
        (Call::get(&format!("/api/orders/{}", order().id)), "ORDER_NOT_FOUND"),
        (Call::get(&members()), "BUSINESS_NOT_FOUND"),
    ];
    for (call, code) in calls {
        let call = call.key(Key::Ben).header("Idempotency-Key", "key-1");
        refused(&call.to(router.clone()).await, StatusCode::NOT_FOUND, code);
    }
}

//! Who gets in: every route that has to do with somebody, with every way not to be let in.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use insta::assert_snapshot;

use crate::sample::UNKNOWN_ID;
use crate::world::{Answer, Call, Key, World};

/// Method, path, and a good body where the route takes one.
const ROUTES: [(&str, &str, Option<&str>); 17] = [
    ("POST", "/api/users", Some(r#"{"id": "cleo"}"#)),
    ("POST", "/api/businesses", Some(r#"{"name": "Corner Bakery"}"#)),
    ("GET", "/api/businesses", None),
    ("GET", "/api/businesses/00000000-0000-7000-8000-00000000dead", None),
    ("PATCH", "/api/businesses/00000000-0000-7000-8000-00000000dead", Some("{}")),
    ("DELETE", "/api/businesses/00000000-0000-7000-8000-00000000dead", None),
    ("POST", "/api/numbers/search", Some(r#"{"countryCode": "US", "numberType": "local"}"#)),
    ("POST", "/api/numbers/purchase", Some(r#"{"phoneNumber": "+14152300101", "displayName": "Desk"}"#)),
    ("DELETE", "/api/numbers/00000000-0000-7000-8000-00000000dead/release", None),
    ("GET", "/api/numbers", None),
    (
        "POST",
        "/api/numbers",
        Some(r#"{"phoneNumber": "+14152300101", "displayName": "Desk", "provider": "other"}"#),
    ),
    ("GET", "/api/numbers/00000000-0000-7000-8000-00000000dead", None),
    ("PATCH", "/api/numbers/00000000-0000-7000-8000-00000000dead", Some("{}")),
    ("GET", "/api/orders", None),
    ("GET", "/api/orders/00000000-0000-7000-8000-00000000dead", None),
    ("GET", "/api/pricing", None),
    ("GET", "/api/wallet/balance", None),
];
const MORE_ROUTES: [(&str, &str, Option<&str>); 11] = [
    ("GET", "/api/businesses/00000000-0000-7000-8000-00000000dead/members", None),
    (
        "PUT",
        "/api/businesses/00000000-0000-7000-8000-00000000dead/members/ben",
        Some(r#"{"role": "viewer"}"#),
    ),
    ("DELETE", "/api/businesses/00000000-0000-7000-8000-00000000dead/members/ben", None),
    ("GET", "/api/memberships", None),
    ("GET", "/api/audit", None),
    ("GET", "/api/keys", None),
    ("POST", "/api/keys", Some("{}")),
    ("POST", "/api/keys/00000000-0000-7000-8000-00000000dead/rotate", Some("{}")),
    ("DELETE", "/api/keys/00000000-0000-7000-8000-00000000dead", None),
    ("GET", "/api/wallet/transactions", None),
    (
        "POST",
        "/api/wallet/credits",
        Some(r#"{"userId": "ann", "amount": 1, "currency": "USD", "reason": "gift"}"#),
    ),
];

fn routes() -> impl Iterator<Item = (&'static str, &'static str, Option<&'static str>)> {
    ROUTES.into_iter().chain(MORE_ROUTES)
}

fn call(method: &str, path: &str, body: Option<&str>) -> Call {
    let call = Call::new(method, path);
    match body {
        Some(body) => call.json(body),
        None => call,
    }
}

fn refused(answer: &Answer, status: StatusCode, code: &str, what: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{what}: {}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}");
}

#[tokio::test]
async fn nobody_gets_in_without_a_key() {
    for (method, path, body) in routes() {
        let answer = World::new().answer(call(method, path, body)).await;
        refused(&answer, StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", path);
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
}

#[tokio::test]
async fn nobody_gets_in_with_a_key_that_opens_nothing() {
    let strangers = format!("Bearer tl_{}", "x".repeat(43));
    let revoked = format!("Bearer {}", Key::Revoked.secret());
    let expired = format!("Bearer {}", Key::Expired.secret());
    let mut answers = BTreeSet::new();
    for (method, path, body) in routes() {
        for authorization in ["Bearer garbage", "Basic YTpi", "tl_", &strangers, &revoked, &expired] {
            let call = call(method, path, body).header("authorization", authorization);
            let answer = World::new().answer(call).await;
            refused(&answer, StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", path);
            // A purchase says besides that nothing was charged.
            answers.insert(answer.body.replace("\"charged\":\"no\",", ""));
        }
    }
    assert_eq!(answers.len(), 1, "unknown, expired and revoked keys look the same: {answers:?}");
}

#[tokio::test]
async fn a_strangers_body_is_not_even_read() {
    let answer = World::new().answer(Call::post("/api/numbers/purchase", "{ not json")).await;
    refused(&answer, StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", "purchase");
}

#[tokio::test]
async fn a_bad_body_is_refused_everywhere() {
    for (method, path, _) in routes().filter(|(.., body)| body.is_some()) {
        for body in ["", "{", "[]", "null", "\"text\""] {
            let call = call(method, path, Some(body)).key(Key::Ann);
            refused(&World::new().answer(call).await, StatusCode::BAD_REQUEST, "VALIDATION_FAILED", path);
        }
        let plain = Call::new(method, path).key(Key::Ann).header("content-type", "text/plain");
        let answer = World::new().answer(plain).await;
        refused(&answer, StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", path);
    }
}

#[tokio::test]
async fn a_service_has_to_say_for_whom() {
    for (method, path, body) in
        routes().filter(|(_, path, _)| !path.contains("/users") && !path.contains("/credits"))
    {
        let answer = World::new().answer(call(method, path, body).key(Key::Service)).await;
        refused(&answer, StatusCode::BAD_REQUEST, "VALIDATION_FAILED", path);
        assert_eq!(answer.fields(), ["Trunkline-User"], "{path}");

        let stranger = call(method, path, body).key(Key::Service).acting_for("nobody-here");
        refused(&World::new().answer(stranger).await, StatusCode::NOT_FOUND, "USER_NOT_FOUND", path);

        let twisted = call(method, path, body).key(Key::Service).acting_for("two words");
        refused(&World::new().answer(twisted).await, StatusCode::BAD_REQUEST, "VALIDATION_FAILED", path);
    }
}

#[tokio::test]
async fn a_user_cannot_be_somebody_else() {
    for (method, path, body) in routes() {
        let answer = World::new().answer(call(method, path, body).key(Key::Ben).acting_for("ann")).await;
        refused(&answer, StatusCode::FORBIDDEN, "FORBIDDEN", path);
    }
    for path in [
        "/api/audit",
        "/api/numbers",
        "/api/orders",
        "/api/businesses",
        "/api/wallet/balance",
        "/api/wallet/transactions",
    ] {
        let answer = World::new().answer(Call::get(&format!("{path}?userId=ann")).key(Key::Ben)).await;
        refused(&answer, StatusCode::FORBIDDEN, "FORBIDDEN", path);
    }
}

#[tokio::test]
async fn an_operator_does_not_spend_a_customers_money() {
    for (method, path, body) in
        routes().filter(|(_, path, _)| path.contains("purchase") || path.contains("release"))
    {
        let answer = World::new().answer(call(method, path, body).key(Key::Operator).acting_for("ann")).await;
        refused(&answer, StatusCode::FORBIDDEN, "FORBIDDEN", path);
    }
}

#[tokio::test]
async fn only_an_operator_credits_and_only_services_and_operators_add_users() {
    let credit = r#"{"userId": "ann", "amount": 5, "currency": "USD", "reason": "gift"}"#;
    for key in [Key::Ann, Key::Service] {
        let call = Call::post("/api/wallet/credits", credit).key(key).acting_for("ann");
        refused(&World::new().answer(call).await, StatusCode::FORBIDDEN, "FORBIDDEN", "credits");
    }
    let call = Call::post("/api/users", r#"{"id": "cleo"}"#).key(Key::Ann);
    refused(&World::new().answer(call).await, StatusCode::FORBIDDEN, "FORBIDDEN", "users");
}

#[tokio::test]
async fn anothers_object_answers_as_one_that_does_not_exist() {
    let paths = ["/api/numbers/", "/api/orders/", "/api/businesses/"];
    let codes = ["NUMBER_NOT_FOUND", "ORDER_NOT_FOUND", "BUSINESS_NOT_FOUND"];
    for (path, code) in paths.into_iter().zip(codes) {
        let world = || {
            let mut world = World::new();
            world.numbers.expect_number().returning(|_, _| Ok(None));
            world.orders.expect_order().returning(|_, _| Ok(None));
            world.tenancy.expect_business().returning(|_, _| Ok(None));
            world
        };
        let anothers = world().answer(Call::get(&format!("{path}{UNKNOWN_ID}")).key(Key::Ben)).await;
        let garbage = world().answer(Call::get(&format!("{path}not-an-id")).key(Key::Ben)).await;
        refused(&anothers, StatusCode::NOT_FOUND, code, path);
        assert_eq!((anothers.status, &anothers.body), (garbage.status, &garbage.body), "{path}");
    }
}

#[tokio::test]
async fn the_refusals_read_well() {
    let no_key = World::new().answer(Call::get("/api/numbers")).await;
    let not_yours = World::new().answer(Call::get("/api/numbers?userId=ann").key(Key::Ben)).await;
    let for_whom = World::new().answer(Call::get("/api/numbers").key(Key::Service)).await;
    assert_snapshot!([no_key, not_yours, for_whom].map(|answer| answer.picture()).join("\n\n---\n\n"));
}

#[tokio::test]
async fn a_store_that_fails_lets_nobody_in_and_says_so() {
    let mut world = World::new();
    world.tenancy = trunkline_tenancy::MockTenancyStore::new();
    let down = || trunkline_tenancy::TenancyStoreError::Unavailable("secret of the inside".into());
    world.tenancy.expect_key_by_hash().return_once(move |_| Err(down()));
    let answer = world.answer(Call::get("/api/numbers").key(Key::Ann)).await;
    refused(&answer, StatusCode::SERVICE_UNAVAILABLE, "STORAGE_UNAVAILABLE", "numbers");
    assert!(!answer.body.contains("secret of the inside"));
}

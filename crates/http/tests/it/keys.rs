//! Keys over HTTP: who may keep which, and what they read.

use axum::http::StatusCode;
use insta::assert_snapshot;
use serde_json::json;
use trunkline_domain::UserId;
use trunkline_tenancy::{
    CreateKeyAnswer, KeyHolder, KeyPage, KeyScopes, RevokeKeyAnswer, RotateKeyAnswer, Scope, TokenError,
};

use crate::operator;
use crate::sample::ann;
use crate::world::{Call, Key, World};

const ID: &str = "00000000-0000-7000-8000-00000000000a";

/// What each scope alone opens; everything else is 403, and nobody is asked.
#[tokio::test]
async fn a_key_without_the_scope_is_refused_before_anybody_is_asked() {
    let needs = [
        (
            "POST",
            "/api/numbers/purchase",
            r#"{"phoneNumber": "+14152300101", "displayName": "Desk"}"#,
            "trade",
        ),
        ("DELETE", "/api/numbers/00000000-0000-7000-8000-00000000dead/release", "", "trade"),
        ("POST", "/api/businesses", r#"{"name": "Corner Bakery"}"#, "manage"),
        (
            "PUT",
            "/api/businesses/00000000-0000-7000-8000-00000000dead/members/ben",
            r#"{"role": "viewer"}"#,
            "manage",
        ),
        ("PATCH", "/api/numbers/00000000-0000-7000-8000-00000000dead", "{}", "manage"),
        ("GET", "/api/keys", "", "keys"),
        ("POST", "/api/keys", "{}", "keys"),
        ("DELETE", "/api/keys/00000000-0000-7000-8000-00000000dead", "", "keys"),
    ];
    for (method, path, body, scope) in needs {
        let call = Call::new(method, path).key(Key::Reader);
        let call = if body.is_empty() { call } else { call.json(body) };
        let answer = World::new().answer(call).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::FORBIDDEN, "FORBIDDEN"), "{path}");
        assert!(answer.body.contains(&format!("lacks the scope {scope}")), "{}", answer.body);
    }
    for (method, path, body) in operator::ROUTES {
        let answer = World::new().answer(operator::call(method, path, body).key(Key::Clerk)).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::FORBIDDEN, "FORBIDDEN"), "{path}");
        assert!(answer.body.contains("lacks the scope operate"), "{}", answer.body);
    }
    let mut world = World::new();
    world
        .tenancy
        .expect_businesses()
        .returning(|_| Ok(trunkline_tenancy::BusinessPage { businesses: Vec::new(), next: None }));
    assert_eq!(world.answer(Call::get("/api/businesses").key(Key::Reader)).await.status, StatusCode::OK);
    let mut world = World::new();
    world
        .audit
        .expect_audit()
        .returning(|_| Ok(trunkline_tenancy::AuditPage { records: Vec::new(), next: None }));
    assert_eq!(world.answer(Call::get("/api/audit").key(Key::Reader)).await.status, StatusCode::OK);
    let writer = World::new().answer(Call::get("/api/audit").key(Key::Writer)).await;
    assert_eq!((writer.status, writer.code().as_str()), (StatusCode::FORBIDDEN, "FORBIDDEN"));
    assert!(writer.body.contains("lacks the scope read"), "{}", writer.body);
}

#[tokio::test]
async fn a_new_key_is_shown_once() {
    let mut world = World::new();
    world.tenancy.expect_create_key().times(1).returning(|change| {
        let key = &change.body.key;
        assert_eq!(key.holder, KeyHolder::User { user: ann() });
        assert_eq!(key.scopes, "read trade".parse::<KeyScopes>().unwrap());
        assert_eq!(change.audit[0].request_id.as_deref(), Some("test-request"));
        Ok(CreateKeyAnswer::Created)
    });
    let body =
        r#"{"name": "front end", "scopes": ["trade", "read"], "expiresAt": "2030-01-31T12:00:00+01:00"}"#;
    let answer = world.answer(Call::post("/api/keys", body).key(Key::Ann)).await;
    let secret = answer.json()["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("tl_") && secret.len() == 46);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_snapshot!(answer.picture().replace(&secret, "tl_SECRET"));
}

#[tokio::test]
async fn a_key_too_many_is_refused_with_the_limit() {
    let mut world = World::new();
    world.tenancy.expect_create_key().times(1).returning(|_| Ok(CreateKeyAnswer::TooMany));
    let answer = world.answer(Call::post("/api/keys", "{}").key(Key::Ann)).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::FORBIDDEN, "LIMIT_EXCEEDED"));
    assert_eq!(answer.json()["limit"], 50);
}

#[tokio::test]
async fn a_list_says_what_each_key_is_now_and_never_a_secret_or_its_hash() {
    let mut world = World::new();
    world.tenancy.expect_keys().times(1).returning(|filter| {
        assert_eq!((&filter.scope, filter.limit), (&Scope::User(ann()), 3));
        let keys = vec![Key::Keeper.stored(), Key::Expired.stored(), Key::Revoked.stored()];
        Ok(KeyPage { keys, next: Some(ID.parse().unwrap()) })
    });
    let answer = world.answer(Call::get("/api/keys?limit=3").key(Key::Ann)).await;
    assert!(!answer.body.contains(&Key::Keeper.stored().hash.to_string()));
    assert_snapshot!(answer.picture());
}

#[tokio::test]
async fn whose_keys_a_list_holds() {
    let everyone = Scope::Everyone;
    let anns = Scope::User(ann());
    let cases = [
        (Call::get("/api/keys").key(Key::Operator), everyone),
        (Call::get("/api/keys?userId=ann").key(Key::Operator), anns.clone()),
        (Call::get("/api/keys").key(Key::Service).acting_for("ann"), anns.clone()),
        (Call::get("/api/keys").key(Key::Ann), anns),
    ];
    for (call, scope) in cases {
        let mut world = World::new();
        world
            .tenancy
            .expect_keys()
            .withf(move |filter| filter.scope == scope)
            .returning(|_| Ok(KeyPage { keys: Vec::new(), next: None }));
        assert_eq!(world.answer(call).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_key_makes_none_that_may_do_more_or_lasts_longer() {
    let beyond = [
        (Key::Keeper, r#"{"scopes": ["trade"]}"#),
        (Key::Keeper, r#"{"scopes": ["read"], "expiresAt": "2099-01-01T00:00:00Z"}"#),
        (Key::Operator, r#"{"userId": "ann", "scopes": ["trade"]}"#),
    ];
    for (key, body) in beyond {
        let answer = World::new().answer(Call::post("/api/keys", body).key(key)).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::FORBIDDEN, "FORBIDDEN"), "{body}");
        assert!(answer.body.contains("itself"), "{}", answer.body);
    }
    let mut world = World::new();
    world.tenancy.expect_create_key().times(1).returning(|change| {
        let key = &change.body.key;
        assert_eq!(
            (key.scopes, key.expires_at),
            (Key::Keeper.stored().scopes, Key::Keeper.stored().expires_at)
        );
        Ok(CreateKeyAnswer::Created)
    });
    let answer = world.answer(Call::post("/api/keys", "{}").key(Key::Keeper)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "by default it is what its maker is");
}

#[tokio::test]
async fn mistakes_in_a_key_are_named() {
    for (body, field) in [
        (r#"{"scopes": []}"#, "scopes"),
        (r#"{"scopes": ["credit"]}"#, "scopes"),
        (r#"{"scopes": ["everything"]}"#, "scopes"),
        (r#"{"scopes": "read"}"#, "scopes"),
        (r#"{"expiresAt": "tomorrow"}"#, "expiresAt"),
        (r#"{"expiresAt": "2001-01-01T00:00:00Z"}"#, "expiresAt"),
    ] {
        let answer = World::new().answer(Call::post("/api/keys", body).key(Key::Ann)).await;
        assert_eq!(
            (answer.status, answer.fields()),
            (StatusCode::BAD_REQUEST, vec![field.to_owned()]),
            "{body}"
        );
    }
    let path = format!("/api/keys/{ID}/rotate");
    let answer = World::new().answer(Call::post(&path, r#"{"overlapMinutes": 43201}"#).key(Key::Ann)).await;
    assert_eq!(answer.fields(), ["overlapMinutes"]);
}

#[tokio::test]
async fn a_rotation_shows_the_new_secret_and_when_the_old_one_ends() {
    let mut world = World::new();
    world.tenancy.expect_key().returning(|scope, _| {
        assert_eq!(*scope, Scope::User(ann()));
        Ok(Some(Key::Ann.stored()))
    });
    world.tenancy.expect_rotate_key().times(1).returning(|_| Ok(RotateKeyAnswer::Rotated));
    let path = format!("/api/keys/{ID}/rotate");
    let answer = world.answer(Call::post(&path, r#"{"overlapMinutes": 10}"#).key(Key::Ann)).await;
    let secret = answer.json()["secret"].as_str().unwrap().to_owned();
    assert_snapshot!(answer.picture().replace(&secret, "tl_SECRET"));
}

#[tokio::test]
async fn a_key_that_has_ended_or_is_anothers_is_not_rotated() {
    let path = format!("/api/keys/{ID}/rotate");
    for (stored, status, code) in [
        (Some(Key::Revoked), StatusCode::CONFLICT, "KEY_ENDED"),
        (Some(Key::Expired), StatusCode::CONFLICT, "KEY_ENDED"),
        (None, StatusCode::NOT_FOUND, "KEY_NOT_FOUND"),
    ] {
        let mut world = World::new();
        world.tenancy.expect_key().returning(move |_, _| Ok(stored.map(Key::stored)));
        let answer = world.answer(Call::post(&path, "{}").key(Key::Ann)).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code));
    }
    // An operator reaches every key, and gets nobody's power to spend by it.
    let mut world = World::new();
    world.tenancy.expect_key().returning(|scope, _| {
        assert_eq!(*scope, Scope::Everyone);
        Ok(Some(Key::Service.stored()))
    });
    let answer = world.answer(Call::post(&path, "{}").key(Key::Operator)).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_revocation_can_be_repeated_and_a_strange_id_is_an_unknown_one() {
    let path = format!("/api/keys/{ID}");
    for _ in 0..2 {
        let mut world = World::new();
        world.tenancy.expect_key().returning(|_, _| Ok(Some(Key::Ann.stored())));
        world.tenancy.expect_revoke_key().times(1).returning(|change| {
            assert_eq!(change.audit[0].subject, Key::Ann.stored().id.to_string());
            Ok(RevokeKeyAnswer::Revoked)
        });
        let answer = world.answer(Call::new("DELETE", &path).key(Key::Operator)).await;
        assert_eq!((answer.status, answer.json()), (StatusCode::OK, json!({ "success": true })));
    }
    let strange = World::new().answer(Call::new("DELETE", "/api/keys/mine").key(Key::Ann)).await;
    let mut world = World::new();
    world.tenancy.expect_key().returning(|_, _| Ok(None));
    let unknown = world.answer(Call::new("DELETE", &path).key(Key::Ann)).await;
    assert_eq!(strange.body, unknown.body);
}

fn token(answer: fn() -> Result<UserId, TokenError>) -> World {
    let mut verifier = trunkline_tenancy::MockTokenVerifier::new();
    verifier.expect_verify().returning(move |_| answer());
    World { tokens: Some(verifier), ..World::new() }
}

#[tokio::test]
async fn tokens_open_what_a_user_may_open() {
    let call = || Call::get("/api/keys").header("authorization", "Bearer a.b.c");
    let mut world = token(|| Ok(ann()));
    world.tenancy.expect_keys().returning(|filter| {
        assert_eq!(filter.scope, Scope::User(ann()));
        Ok(KeyPage { keys: Vec::new(), next: None })
    });
    assert_eq!(world.answer(call()).await.status, StatusCode::OK);

    let refused = token(|| Err(TokenError::Refused("ExpiredSignature".to_owned()))).answer(call()).await;
    let unknown_key = World::new().answer(Call::get("/api/keys").header("authorization", "Bearer x")).await;
    assert_eq!(refused.body, unknown_key.body, "a bad token says no more than a bad key");

    let stranger = token(|| Ok("nobody-here".parse().unwrap())).answer(call()).await;
    let down = token(|| Err(TokenError::Unavailable("connection refused".into()))).answer(call()).await;
    assert!(!down.body.contains("connection refused"));
    assert_snapshot!([stranger, down].map(|answer| answer.picture()).join("\n\n---\n\n"));
}

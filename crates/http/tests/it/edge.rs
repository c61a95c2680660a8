//! What every request passes: ids, limits, panics, paths that lead nowhere.

use std::future::pending;
use std::sync::Arc;

use axum::http::StatusCode;
use insta::assert_snapshot;
use trunkline_domain::{BusinessId, UserId};
use trunkline_http::{NotReady, Readiness};
use trunkline_provisioning::port::{Businesses, BusinessesError};

use crate::log;
use crate::world::{Call, Key, World};

#[tokio::test]
async fn paths_and_methods_that_lead_nowhere() {
    let nowhere = World::new().answer(Call::get("/api/unknown").key(Key::Ann)).await;
    let method = World::new().answer(Call::new("PUT", "/api/numbers").key(Key::Ann)).await;
    assert_snapshot!([nowhere, method].map(|answer| answer.picture()).join("\n\n---\n\n"));
}

#[tokio::test]
async fn a_body_has_a_limit() {
    let name = "n".repeat(65 * 1024);
    let call = Call::post("/api/businesses", &format!(r#"{{"name": "{name}"}}"#)).key(Key::Ann);
    let answer = World::new().answer(call).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE"));
}

#[tokio::test]
async fn a_panic_is_a_mistake_of_ours_and_says_nothing_of_the_inside() {
    // The wallet's mock is told nothing, so it panics when it is asked.
    let answer = World::new().answer(Call::get("/api/wallet/balance").key(Key::Ann)).await;
    assert!(!answer.body.contains("WalletStore"));
    assert_snapshot!(answer.picture());
}

#[tokio::test]
async fn a_sane_request_id_is_kept_and_a_strange_one_is_not() {
    let kept = World::new().answer(Call::get("/healthz")).await;
    assert_eq!(kept.header("x-request-id"), Some("test-request"));
    let long = "i".repeat(129);
    for strange in ["", "two words", "<script>", &long] {
        let request = axum::http::Request::get("/nowhere").header("x-request-id", strange);
        let response = tower::ServiceExt::oneshot(
            World::new().router(),
            request.body(axum::body::Body::empty()).unwrap(),
        );
        let response = response.await.unwrap();
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        assert_eq!(id.parse::<uuid::Uuid>().unwrap().get_version_num(), 7, "{strange:?}");
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["requestId"], id.as_str());
    }
}

struct NeverAnswers;

#[async_trait::async_trait]
impl Readiness for NeverAnswers {
    async fn check(&self) -> Result<(), NotReady> {
        pending().await
    }
}

#[async_trait::async_trait]
impl Businesses for NeverAnswers {
    async fn owner_of(&self, _: BusinessId) -> Result<Option<UserId>, BusinessesError> {
        pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_has_a_time_limit() {
    let world = World { readiness: Arc::new(NeverAnswers), ..World::new() };
    assert_snapshot!(world.answer(Call::get("/readyz")).await.picture());
}

#[tokio::test(start_paused = true)]
async fn a_purchase_that_takes_too_long_may_hold_money() {
    let world = World { businesses: Arc::new(NeverAnswers), ..World::new() };
    let body = r#"{"phoneNumber": "+14152300101", "displayName": "Desk",
                   "businessId": "00000000-0000-7000-8000-00000000dead"}"#;
    let answer = world.answer(Call::post("/api/numbers/purchase", body).key(Key::Ann)).await;
    assert_eq!((answer.code().as_str(), &answer.json()["charged"]), ("OVERLOADED", &"held".into()));
}

struct Broken;

#[async_trait::async_trait]
impl Readiness for Broken {
    async fn check(&self) -> Result<(), NotReady> {
        Err(NotReady::Database(Arc::new(std::io::Error::other("the disk is full"))))
    }
}

#[tokio::test]
async fn health_is_open_to_everybody() {
    let alive = World::new().answer(Call::get("/healthz")).await;
    let ready = World::new().answer(Call::get("/readyz")).await;
    let broken = World { readiness: Arc::new(Broken), ..World::new() };
    let broken = broken.answer(Call::get("/readyz")).await;
    assert!(!broken.body.contains("disk"));
    assert_snapshot!([alive, ready, broken].map(|answer| answer.picture()).join("\n\n---\n\n"));
}

#[tokio::test]
async fn the_log_names_the_route_and_the_caller_and_nothing_that_was_sent() {
    let path = "/api/numbers/purchase?hint=in-the-query";
    let body = r#"{"phoneNumber": "555-in-the-body", "displayName": "Desk"}"#;
    let call =
        Call::post(path, body).key(Key::Service).acting_for("in-the-header").request_id("one-of-a-kind");
    World::new().answer(call).await;

    let text = log::text();
    let line = text.lines().find(|line| line.contains("one-of-a-kind")).unwrap();
    for part in ["request answered", "POST", "/api/numbers/purchase", "400", "service", "latency_ms"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    for secret in ["in-the-query", "in-the-body", "in-the-header", &Key::Service.secret()] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

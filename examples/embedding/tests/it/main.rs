//! The example, run: on SQLite with the simulated Twilio, and against mocks.

#![expect(clippy::unwrap_used, reason = "what helpers of a test cannot do ends the test")]

mod mocks;
mod sqlite;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use tower::ServiceExt;

/// Asks the service for a number for Bea the coach.
async fn ask(router: Router, session: &str, phone_number: &str) -> (StatusCode, Value) {
    let request = Request::post("/coaches/Bea/number")
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-session", session)
        .body(Body::from(json!({ "phone_number": phone_number }).to_string()))
        .unwrap();
    let response = router.oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 64 * 1024).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

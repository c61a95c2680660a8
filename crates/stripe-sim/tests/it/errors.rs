//! Credentials, headers and error bodies.

use serde_json::json;
use trunkline_stripe_sim::SimulatorConfig;

use crate::bench::{Bench, KEY, reply};

#[tokio::test]
async fn a_stranger_is_refused() {
    let bench = Bench::start().await;
    let path = bench.url("/v1/balance");
    reply(bench.client.get(&path)).await.refused(401, "invalid_request_error", None);
    let wrong = reply(bench.client.get(&path).bearer_auth("sk_test_of_another")).await;
    let error = wrong.refused(401, "invalid_request_error", None);
    assert!(!error["message"].as_str().unwrap().contains("sk_test_of"), "the key is not repeated");
    let basic = reply(bench.client.get(&path).basic_auth(KEY, Some(""))).await;
    assert_eq!(basic.status, 200);
    let seen: Vec<bool> = bench.admin.requests().iter().map(|request| request.authenticated).collect();
    assert_eq!(seen, [false, false, true]);
}

#[tokio::test]
async fn an_answer_names_its_request_and_version() {
    let bench = Bench::start().await;
    let pinned = bench.client.get(bench.url("/v1/balance")).bearer_auth(KEY);
    let answer = reply(pinned.header("stripe-version", "2024-06-20")).await;
    assert_eq!(answer.headers["stripe-version"], "2024-06-20");
    assert!(answer.headers["request-id"].to_str().unwrap().starts_with("req_"));
    assert_eq!(bench.get("/v1/balance").await.headers["stripe-version"], "2026-10-28.endive");
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_known_is_refused() {
    let bench = Bench::start().await;
    for path in [
        "checkout/sessions/cs_test_1",
        "payment_intents/pi_1",
        "refunds/re_1",
        "disputes/dp_1",
        "events/evt_1",
    ] {
        let missing = bench.get(&format!("/v1/{path}")).await;
        missing.refused(404, "invalid_request_error", Some("resource_missing"));
    }
    // An identifier of another kind is none of this kind.
    let intent = bench.paid().await;
    bench.get(&format!("/v1/charges/{intent}")).await.refused(
        404,
        "invalid_request_error",
        Some("resource_missing"),
    );
    bench.get("/v1/unicorns").await.refused(404, "invalid_request_error", None);
    let unknown = bench.get("/v1/balance?colour=red").await;
    assert_eq!(unknown.refused(400, "invalid_request_error", Some("parameter_unknown"))["param"], "colour");
    let path = format!("/v1/payment_intents/{intent}");
    bench.get(&format!("{path}?expand[]=colour")).await.refused(400, "invalid_request_error", None);
    bench.get(&format!("{path}?expand[]=line_items")).await.refused(400, "invalid_request_error", None);
}

#[tokio::test]
async fn a_full_simulator_says_so() {
    let mut config = SimulatorConfig::new(KEY);
    config.objects_max = 1;
    let bench = Bench::with(config).await;
    bench.made("/v1/customers", &[]).await;
    let full = bench.post("/v1/customers", &[]).await;
    assert!(full.refused(500, "api_error", None)["message"].as_str().unwrap().contains("reset"));
    let long = "x".repeat(300_000);
    let reply = bench.post("/v1/customers", &[("description", &long)]).await;
    reply.refused(413, "invalid_request_error", None);
}

#[tokio::test]
async fn the_same_seed_makes_the_same_objects() {
    let (one, two) = (Bench::start().await, Bench::start().await);
    two.get("/v1/balance").await;
    assert_eq!((one.session().await, one.paid().await), (two.session().await, two.paid().await));
    let mut config = SimulatorConfig::new(KEY);
    config.seed = 2;
    assert_ne!(Bench::with(config).await.session().await, Bench::start().await.session().await);
    assert_eq!(one.found("/v1/events").await["url"], json!("/v1/events"));
}

//! The admin endpoint over HTTP: what a test that is no Rust program has.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    bench::{Bench, Reply, id, reply, text},
    endpoint::Endpoint,
};

async fn ask(bench: &Bench, method: Method, path: &str, body: Option<Value>) -> Reply {
    let request = bench.client.request(method, bench.url(&format!("/_sim{path}")));
    reply(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

async fn post(bench: &Bench, path: &str, body: Value) -> Value {
    let answer = ask(bench, Method::POST, path, Some(body)).await;
    assert!((200..300).contains(&answer.status), "{path}: {}", answer.text);
    answer.body
}

#[tokio::test]
async fn everything_that_payers_and_banks_do_is_a_call() {
    let bench = Bench::start().await;
    let (one, two) = (bench.session().await, bench.session().await);
    let act = |id: &str, what: &str| format!("/sessions/{id}/{what}");
    assert_eq!(post(&bench, &act(&one, "abandon"), json!({})).await["status"], "open");
    post(&bench, &act(&one, "decline"), json!({ "declineCode": "expired_card" })).await;
    assert_eq!(post(&bench, &act(&one, "pay"), json!({})).await["payment_status"], "paid");
    post(&bench, &act(&two, "pay-later"), json!({ "settleAfterS": 60, "outcome": "fail" })).await;
    post(&bench, "/clock", json!({ "advanceS": 61 })).await;
    let events = ask(&bench, Method::GET, "/events", None).await.body;
    assert_eq!(events.as_array().unwrap().last().unwrap()["type"], "checkout.session.async_payment_failed");

    let refund =
        post(&bench, &format!("/payments/{one}/refunds"), json!({ "amount": 100, "outcome": "pending" }))
            .await;
    let settle = format!("/refunds/{}/settle", id(&refund));
    assert_eq!(post(&bench, &settle, json!({ "outcome": "succeed" })).await["status"], "succeeded");
    let body = json!({ "amount": 500, "status": "warning_needs_response" });
    let dispute = id(&post(&bench, &format!("/payments/{one}/disputes"), body).await);
    for (what, status) in [("escalate", "needs_response"), ("win", "won")] {
        assert_eq!(post(&bench, &format!("/disputes/{dispute}/{what}"), json!({})).await["status"], status);
    }
    let customer = id(&bench.made("/v1/customers", &[]).await);
    let path = format!("/customers/{customer}/payment-methods");
    let method = id(&post(&bench, &path, json!({ "behaviour": "accept" })).await);
    let changed =
        post(&bench, &format!("/payment-methods/{method}"), json!({ "behaviour": "processing" })).await;
    assert_eq!(changed["customer"], customer);
    let state = ask(&bench, Method::GET, "/state", None).await.body;
    assert_eq!(state["sessions"].as_array().unwrap().len(), 2);
    assert_eq!(state["disputes"][0]["status"], "won");
    assert_eq!(state["counters"]["requests"], 3);
}

#[tokio::test]
async fn webhooks_and_faults_are_scripted() {
    let (bench, endpoint) = (Bench::start().await, Endpoint::start().await);
    let settings = json!({ "url": endpoint.url, "secrets": ["whsec_1"], "copies": 2, "retryMs": [1] });
    let state = post(&bench, "/webhooks", settings).await;
    assert_eq!((&state["settings"]["copies"], &state["secretCount"]), (&json!(2), &json!(1)));
    assert!(!state.to_string().contains("whsec_1"));
    post(&bench, "/webhooks/pause", json!({})).await;
    bench.paid().await;
    assert_eq!(post(&bench, "/webhooks/deliver", json!({})).await["waiting"], 0);
    assert_eq!(endpoint.letters().len(), 4);
    post(&bench, "/webhooks/resume", json!({})).await;
    let event = text(&bench.admin.events()[0]["id"]);
    post(&bench, &format!("/events/{event}/resend"), Value::Null).await;
    post(&bench, "/webhooks/wait", json!({})).await;
    assert_eq!(endpoint.letters().len(), 5);

    post(&bench, "/faults", json!({ "path": "/v1/balance", "action": { "refuse": { "status": 503 } } }))
        .await;
    assert_eq!(bench.get("/v1/balance").await.status, 503);
    let seen = ask(&bench, Method::GET, "/requests?path=/v1/balance", None).await.body;
    assert_eq!(seen[0]["outcome"]["answered"]["status"], 503);
    assert_eq!(ask(&bench, Method::DELETE, "/requests", None).await.status, 204);
    assert_eq!(ask(&bench, Method::POST, "/reset", None).await.status, 204);
    let state = ask(&bench, Method::GET, "/state", None).await.body;
    assert_eq!((&state["sessions"], &state["requestCount"]), (&json!([]), &json!(0)));
    assert_eq!(state["webhooks"]["settings"]["copies"], 2, "the endpoint stays");
}

#[tokio::test]
async fn mistakes_are_explained() {
    let bench = Bench::start().await;
    let session = bench.session().await;
    for (path, body, status) in [
        ("/sessions/cs_test_1/pay".to_owned(), json!({}), 404),
        (format!("/sessions/{session}/save"), json!({}), 409),
        (format!("/sessions/{session}/fly"), json!({}), 404),
        (format!("/sessions/{session}/pay"), json!({ "amonut": 1 }), 400),
        (format!("/payments/{session}/refunds"), json!({}), 409),
        (format!("/payments/{session}/settle"), json!({ "outcome": "fail" }), 409),
        ("/clock".to_owned(), json!({ "advanceS": -1 }), 400),
        ("/clock".to_owned(), json!({}), 400),
        ("/faults".to_owned(), json!({ "action": "fly" }), 400),
        ("/webhooks".to_owned(), json!({ "copies": 0 }), 409),
        ("/nowhere".to_owned(), json!({}), 404),
    ] {
        let answer = ask(&bench, Method::POST, &path, Some(body)).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        assert!(!text(&answer.body["error"]).is_empty());
    }
}

//! Payments with a saved method, without its owner.

use serde_json::{Value, json};
use trunkline_stripe_sim::{Behaviour, Outcome};

use crate::bench::{Bench, Reply, id, text};

struct Saved {
    bench: Bench,
    customer: String,
    method: String,
}

impl Saved {
    async fn with(behaviour: Behaviour) -> Self {
        let bench = Bench::start().await;
        let customer = id(&bench.made("/v1/customers", &[("email", "ann@example.com")]).await);
        let method = id(&bench.admin.add_payment_method(&customer, behaviour).unwrap());
        Self { bench, customer, method }
    }

    async fn charge(&self) -> Reply {
        let form = [
            ("amount", "2500"),
            ("currency", "usd"),
            ("customer", &self.customer),
            ("payment_method", &self.method),
            ("off_session", "true"),
            ("confirm", "true"),
            ("metadata[topup]", "t1"),
        ];
        self.bench.post("/v1/payment_intents", &form).await
    }
}

#[tokio::test]
async fn a_saved_card_is_charged() {
    let saved = Saved::with(Behaviour::Accept).await;
    let charged = saved.charge().await;
    assert_eq!((charged.status, &charged.body["status"]), (200, &json!("succeeded")));
    assert_eq!(saved.bench.told(), ["payment_intent.succeeded"]);
    let listed = saved.bench.found(&format!("/v1/payment_intents?customer={}", saved.customer)).await;
    assert_eq!(listed["data"][0]["metadata"]["topup"], "t1");
}

#[tokio::test]
async fn a_decline_carries_the_payment_intent() {
    for (behaviour, code, decline_code) in [
        (Behaviour::Decline, "card_declined", "generic_decline"),
        (Behaviour::InsufficientFunds, "card_declined", "insufficient_funds"),
        (Behaviour::AuthenticationRequired, "authentication_required", "authentication_required"),
    ] {
        let saved = Saved::with(behaviour).await;
        let reply = saved.charge().await;
        let error = reply.refused(402, "card_error", Some(code));
        assert_eq!(error["decline_code"], decline_code);
        assert_eq!(error["payment_intent"]["status"], "requires_payment_method");
        let intent =
            saved.bench.found(&format!("/v1/payment_intents/{}", text(&error["payment_intent"]["id"]))).await;
        assert_eq!(intent["last_payment_error"]["decline_code"], decline_code);
        assert_eq!(saved.bench.told(), ["payment_intent.payment_failed"]);
        assert_eq!(saved.bench.found("/v1/balance").await["available"], json!([]));
    }
}

#[tokio::test]
async fn a_payment_that_takes_days_is_settled() {
    let saved = Saved::with(Behaviour::Processing).await;
    let intent = saved.charge().await.body;
    assert_eq!(intent["status"], "processing");
    let settled = saved.bench.admin.settle(&id(&intent), Outcome::Succeed).unwrap();
    assert_eq!(settled["status"], "succeeded");
    assert_eq!(saved.bench.told(), ["payment_intent.succeeded"]);
}

#[tokio::test]
async fn a_card_changes_its_mind_and_is_taken_away() {
    let saved = Saved::with(Behaviour::Accept).await;
    saved.bench.admin.set_behaviour(&saved.method, Behaviour::Decline).unwrap();
    saved.charge().await.refused(402, "card_error", Some("card_declined"));
    let path = format!("/v1/payment_methods/{}/detach", saved.method);
    assert_eq!(saved.bench.made(&path, &[]).await["customer"], Value::Null);
    saved.charge().await.refused(400, "invalid_request_error", Some("payment_method_unexpected_state"));
    saved.bench.post(&path, &[]).await.refused(400, "invalid_request_error", None);
}

#[tokio::test]
async fn a_method_is_charged_for_its_owner_alone() {
    let mut saved = Saved::with(Behaviour::Accept).await;
    saved.customer = id(&saved.bench.made("/v1/customers", &[]).await);
    saved.charge().await.refused(400, "invalid_request_error", None);
}

#[tokio::test]
async fn an_intent_is_confirmed_in_a_second_step() {
    let saved = Saved::with(Behaviour::Accept).await;
    let form = [
        ("amount", "2500"),
        ("currency", "usd"),
        ("customer", &saved.customer),
        ("payment_method", &saved.method),
    ];
    let intent = saved.bench.made("/v1/payment_intents", &form).await;
    assert_eq!(intent["status"], "requires_confirmation");
    let path = format!("/v1/payment_intents/{}/confirm", id(&intent));
    assert_eq!(saved.bench.made(&path, &[]).await["status"], "succeeded");
    let again = saved.bench.post(&path, &[]).await;
    again.refused(400, "invalid_request_error", Some("payment_intent_unexpected_state"));
}

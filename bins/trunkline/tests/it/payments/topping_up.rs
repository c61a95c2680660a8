//! Wallets that are topped up by themselves, and what keeps them from it.

use std::time::Duration;

use futures::stream::{self, StreamExt};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use trunkline_stripe_sim::Behaviour;

use super::till::{Till, standing};
use crate::engine::Engine;

const PATH: &str = "/api/payment/auto-top-up";

/// How long the watch needs for a look, at least twice over.
const PATIENCE: Duration = Duration::from_secs(30);

impl Till {
    /// Opens a page for saving a method, and answers its session.
    async fn set_up(&self) -> String {
        let wanted =
            json!({ "threshold": "5.00", "amount": "25.00", "monthlyCap": "100.00", "consent": true });
        let (status, page) = self.stage.ask(Method::POST, PATH, Some(wanted)).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        assert!(page["url"].as_str().unwrap().starts_with(&self.stripe.url()), "{page}");
        page["sessionId"].as_str().unwrap().to_owned()
    }

    async fn top_up(&self) -> Value {
        self.stage.get(PATH).await["autoTopUp"].clone()
    }

    async fn wait_until(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        let wanted = async {
            while !is_so().await {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let reached = tokio::time::timeout(PATIENCE, wanted).await;
        assert!(reached.is_ok(), "{what}: {}\n{}", self.top_up().await, self.stage.server.log());
    }

    fn charges(&self) -> usize {
        let requests = self.bank().requests();
        requests
            .iter()
            .filter(|seen| (seen.method.as_str(), seen.path.as_str()) == ("POST", "/v1/payment_intents"))
            .count()
    }
}

/// Saved on the page, spent below the threshold, credited once; then removed, and the method is forgotten.
async fn a_low_wallet_is_topped_up(engine: Engine) {
    let till = Till::on(engine, "0", &[]).await;
    till.pay("6.00").await;
    assert!(till.top_up().await.is_null());
    let session = till.set_up().await;
    assert!(till.top_up().await.is_null(), "nothing is saved yet");
    till.bank().save(&session, Behaviour::Accept).unwrap();
    till.wait_until("on", async || till.top_up().await["status"] == "on").await;
    assert!(till.top_up().await["paymentMethod"].as_str().unwrap().ends_with("4242"));
    assert_eq!(till.charges(), 0, "enough is available");

    assert_eq!(till.stage.buy(&till.stage.free_number(0)).await.0, StatusCode::OK);
    let topped_up = standing("29.50", "0.00", "0.00");
    till.wait_until("topped up", async || till.standing().await == topped_up).await;
    let payments = till.stage.get("/api/payments").await;
    assert_eq!(payments["payments"][0]["kind"], "top_up", "{payments}");
    assert!(till.top_up().await["coolDownUntil"].is_string());
    till.told().await;
    assert_eq!((till.charges(), till.standing().await), (1, topped_up));

    let (status, removed) = till.stage.ask(Method::DELETE, PATH, None).await;
    assert_eq!((status, &removed["autoTopUp"]["status"]), (StatusCode::OK, &"off".into()), "{removed}");
    assert!(removed["autoTopUp"]["paymentMethod"].is_null());
    let method = &till.bank().state()["paymentMethods"][0];
    assert!(method["customer"].is_null(), "Stripe has forgotten it: {method}");
    let (status, refused) = till.stage.ask(Method::PATCH, PATH, Some(json!({ "enabled": true }))).await;
    assert_eq!((status, &refused["code"]), (StatusCode::CONFLICT, &"TOP_UP_NEEDS_METHOD".into()));
    till.verify_ledger();
}

#[tokio::test]
async fn a_low_wallet_is_topped_up_on_sqlite() {
    a_low_wallet_is_topped_up(Engine::Sqlite).await;
}

#[tokio::test]
async fn a_low_wallet_is_topped_up_on_postgres() {
    a_low_wallet_is_topped_up(Engine::Postgres).await;
}

/// A card that declines, and a program that spends without end: one attempt.
#[tokio::test]
async fn a_declining_card_and_five_hundred_debits_are_one_attempt() {
    let till = Till::on(Engine::Sqlite, "0", &[("RATE_LIMIT", "0")]).await;
    till.pay("10.00").await;
    let session = till.set_up().await;
    till.bank().save(&session, Behaviour::Decline).unwrap();
    till.wait_until("on", async || till.top_up().await["status"] == "on").await;
    let debit = async |nth: usize| {
        let body =
            json!({ "userId": crate::stage::USER, "amount": "-0.02", "currency": "USD", "reason": "spent" });
        let (operator, path) = (&till.stage.operator, "/api/operator/wallet/adjustments");
        let (status, answer) = till.stage.ask_as(operator, Method::POST, path, Some(body)).await;
        assert_eq!(status, StatusCode::CREATED, "{nth}: {answer}");
    };
    stream::iter(0..300).map(debit).buffer_unordered(8).collect::<Vec<()>>().await;
    till.wait_until("declined once", async || till.top_up().await["declines"] == 1).await;
    stream::iter(300..500).map(debit).buffer_unordered(8).collect::<Vec<()>>().await;
    till.told().await;
    let top_up = till.top_up().await;
    assert_eq!(
        (&top_up["status"], &top_up["declines"], till.charges()),
        (&"on".into(), &1.into(), 1),
        "{top_up}"
    );
    assert_eq!(till.standing().await, standing("0.00", "0.00", "0.00"));
    till.verify_ledger();
}

#[tokio::test]
async fn without_consent_nothing_is_set_up() {
    let till = Till::new("0").await;
    for consent in [json!(false), Value::Null] {
        let wanted = json!({ "threshold": "5", "amount": "25", "monthlyCap": "100", "consent": consent });
        let (status, refused) = till.stage.ask(Method::POST, PATH, Some(wanted)).await;
        assert_eq!((status, &refused["code"]), (StatusCode::BAD_REQUEST, &"VALIDATION_FAILED".into()));
        assert_eq!(refused["fields"][0]["field"], "consent", "{refused}");
    }
    for (field, wanted) in [
        ("amount", json!({ "threshold": "5", "amount": "4", "monthlyCap": "100", "consent": true })),
        ("monthlyCap", json!({ "threshold": "5", "amount": "25", "monthlyCap": "24", "consent": true })),
    ] {
        let (_, refused) = till.stage.ask(Method::POST, PATH, Some(wanted)).await;
        assert_eq!(refused["fields"][0]["field"], field, "{refused}");
    }
    let (status, absent) = till.stage.ask(Method::PATCH, PATH, Some(json!({ "enabled": true }))).await;
    assert_eq!((status, &absent["code"]), (StatusCode::NOT_FOUND, &"TOP_UP_NOT_FOUND".into()));
    assert_eq!(till.bank().state()["sessions"].as_array().unwrap().len(), 0);
}

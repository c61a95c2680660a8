//! A stage with a simulated Stripe beside it, and what a customer, their bank and the operator do there.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use trunkline_stripe_sim::{Admin, Simulator, SimulatorConfig};

use crate::engine::Engine;
use crate::process::Process;
use crate::stage::Stage;

pub(crate) const SECRET_KEY: &str = "sk_test_for_the_tests";
pub(crate) const WEBHOOK_SECRET: &str = "whsec_for_the_tests";

const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Till {
    pub(crate) stripe: Simulator,
    pub(crate) stage: Stage,
}

/// A page that was opened.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) session: String,
    pub(crate) payment: String,
    pub(crate) url: String,
}

impl Till {
    pub(crate) async fn new(balance: &str) -> Self {
        Self::on(Engine::Sqlite, balance, &[]).await
    }

    pub(crate) async fn on(engine: Engine, balance: &str, environment: &[(&str, &str)]) -> Self {
        let stripe = Simulator::start(([127, 0, 0, 1], 0).into(), SimulatorConfig::new(SECRET_KEY)).await;
        let stripe = stripe.unwrap();
        let url = stripe.url();
        let mut all = vec![
            ("STRIPE_SECRET_KEY", SECRET_KEY),
            ("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET),
            ("STRIPE_API_URL", url.as_str()),
            ("PAYMENT_LOOK_AFTER_S", "3600"),
        ];
        all.extend(environment);
        let stage = Stage::on(engine, balance, &all).await;
        let till = Self { stripe, stage };
        till.tell(&till.stage.server);
        till
    }

    /// Events go to this server from now on.
    pub(crate) fn tell(&self, server: &Process) {
        self.bank().point_webhooks(format!("{}/api/payment/webhook", server.url), WEBHOOK_SECRET).unwrap();
    }

    pub(crate) fn bank(&self) -> Admin {
        self.stripe.admin()
    }

    pub(crate) async fn open(&self, amount: &str) -> Page {
        let (status, body) = self.try_open(amount, None).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        page_of(&body)
    }

    pub(crate) async fn try_open(&self, amount: &str, key: Option<&str>) -> (StatusCode, Value) {
        let body = Some(json!({ "amount": amount, "currency": "USD" }));
        let headers: Vec<(&str, &str)> = key.iter().map(|key| ("Idempotency-Key", *key)).collect();
        let path = "/api/payment/create-checkout-session";
        self.stage.ask_with(&self.stage.user, Method::POST, path, body, &headers).await
    }

    pub(crate) async fn payment(&self, page: &Page) -> Value {
        self.stage.get(&format!("/api/payments/{}", page.payment)).await["payment"].clone()
    }

    /// Waits until the payment has this status.
    pub(crate) async fn wait_for(&self, page: &Page, status: &str) -> Value {
        let wanted = async {
            loop {
                let payment = self.payment(page).await;
                if payment["status"] == status {
                    return payment;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let Ok(payment) = tokio::time::timeout(PATIENCE, wanted).await else {
            panic!("{} is not {status}\n{}", self.payment(page).await, self.stage.server.log());
        };
        payment
    }

    /// Opens a page, pays on it, and waits for the money.
    pub(crate) async fn pay(&self, amount: &str) -> Page {
        let page = self.open(amount).await;
        self.bank().pay(&page.session).unwrap();
        self.wait_for(&page, "completed").await;
        page
    }

    /// Waits until every event is told.
    pub(crate) async fn told(&self) {
        let told = tokio::time::timeout(PATIENCE, self.bank().wait_for_webhooks()).await;
        assert!(told.is_ok(), "{}\n{}", self.bank().webhook_state(), self.stage.server.log());
    }

    /// What is available, held and owed.
    pub(crate) async fn standing(&self) -> [String; 3] {
        let balance = self.stage.get("/api/wallet/balance").await;
        ["available", "held", "debt"].map(|name| balance[name].to_string())
    }

    pub(crate) fn verify_ledger(&self) {
        let verified = self.stage.command(&["ledger", "verify"]);
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    }

    /// Posts something to the webhook, as whoever knows its address can.
    pub(crate) async fn post_event(&self, body: &str, signature: Option<&str>) -> u16 {
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        let url = format!("{}/api/payment/webhook", self.stage.server.url);
        let mut request = client.post(url).header("Content-Type", "application/json").body(body.to_owned());
        if let Some(signature) = signature {
            request = request.header("Stripe-Signature", signature);
        }
        request.send().await.unwrap().status().as_u16()
    }
}

pub(crate) fn page_of(body: &Value) -> Page {
    let text = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("{name} in {body}")).to_owned();
    Page { session: text("sessionId"), payment: text("paymentId"), url: text("url") }
}

pub(crate) fn standing(available: &str, held: &str, debt: &str) -> [String; 3] {
    [available, held, debt].map(str::to_owned)
}

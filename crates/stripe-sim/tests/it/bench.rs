//! A simulator with a client that knows its secret key.

use reqwest::{Client, RequestBuilder, header::HeaderMap, redirect::Policy};
use serde_json::{Value, json};
use trunkline_stripe_sim::{Admin, Simulator, SimulatorConfig};

pub(crate) const KEY: &str = "sk_test_for_tests";

/// A session for 25 dollars.
pub(crate) const PAYMENT: &[(&str, &str)] = &[
    ("mode", "payment"),
    ("line_items[0][price_data][currency]", "usd"),
    ("line_items[0][price_data][unit_amount]", "2500"),
    ("line_items[0][price_data][product_data][name]", "Credit <& more>"),
    ("line_items[0][quantity]", "1"),
    ("success_url", "https://shop.example/paid?session={CHECKOUT_SESSION_ID}"),
    ("cancel_url", "https://shop.example/left"),
    ("client_reference_id", "payment-1"),
    ("metadata[payment]", "payment-1"),
    ("payment_intent_data[metadata][payment]", "payment-1"),
    ("payment_intent_data[description]", "Credit for the wallet"),
];

pub(crate) struct Bench {
    pub(crate) simulator: Simulator,
    pub(crate) admin: Admin,
    pub(crate) client: Client,
}

/// An answer, with `Null` for a body that is not JSON.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(SimulatorConfig::new(KEY)).await
    }

    pub(crate) async fn with(config: SimulatorConfig) -> Self {
        let simulator = Simulator::start(([127, 0, 0, 1], 0).into(), config).await.unwrap();
        let admin = simulator.admin();
        let client = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Self { simulator, admin, client }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.simulator.url())
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        reply(self.client.get(self.url(path)).bearer_auth(KEY)).await
    }

    pub(crate) fn posting(&self, path: &str, form: &[(&str, &str)]) -> RequestBuilder {
        self.client.post(self.url(path)).bearer_auth(KEY).form(form)
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Reply {
        reply(self.posting(path, form)).await
    }

    /// What must succeed.
    pub(crate) async fn made(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let reply = self.post(path, form).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.body
    }

    pub(crate) async fn found(&self, path: &str) -> Value {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.body
    }

    /// A session for 25 dollars, and its identifier.
    pub(crate) async fn session(&self) -> String {
        id(&self.made("/v1/checkout/sessions", PAYMENT).await)
    }

    /// A payment of 25 dollars that succeeded: the identifier of its payment intent.
    pub(crate) async fn paid(&self) -> String {
        let session = self.admin.pay(&self.session().await).unwrap();
        text(&session["payment_intent"])
    }

    /// What Stripe owes the account in dollars.
    pub(crate) async fn balance(&self) -> i64 {
        let balance = self.found("/v1/balance").await;
        balance["available"][0]["amount"].as_i64().unwrap()
    }

    /// The types of all events, oldest first.
    pub(crate) fn told(&self) -> Vec<String> {
        self.admin.events().iter().map(|event| text(&event["type"])).collect()
    }
}

impl Reply {
    /// Asserts a refusal with Stripe's error body, and gives the error.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, kind: &str, code: Option<&str>) -> &Value {
        let error = &self.body["error"];
        let found = (self.status, &error["type"], &error["code"]);
        assert_eq!(found, (status, &json!(kind), &json!(code)), "{}", self.text);
        assert!(!error["message"].as_str().unwrap().is_empty());
        error
    }
}

pub(crate) async fn reply(request: RequestBuilder) -> Reply {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or_default();
    Reply { status, headers, body, text }
}

pub(crate) fn id(object: &Value) -> String {
    text(&object["id"])
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// One field of every row of a list.
pub(crate) fn column(list: &Value, field: &str) -> Vec<String> {
    list["data"].as_array().expect("a list").iter().map(|row| text(&row[field])).collect()
}

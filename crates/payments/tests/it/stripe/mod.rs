//! Stripe's adapter: what goes over the wire to the letter, and what each answer means.

mod charging;
mod failing;
mod listing;
mod opening;
mod reading;
mod webhooks;

use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde_json::{Value, json};
use trunkline_domain::{Currency, Money, PaymentId, UserId};
use trunkline_payments::{
    CheckoutRequest, PaymentMark, ReadRetry, ReturnPages, SavedCharge, SetupRequest, StripeConfig,
    StripeGateway,
};
use url::Url;
use uuid::Uuid;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const KEY: &str = "sk_test_correcthorse";
const SECRET: &str = "whsec_batterystaple";
const DEPLOYMENT: &str = "a-deployment";
const PAYMENT: &str = "01890000-0000-7000-8000-000000000001";

/// A gateway on this machine: quick repeats, and time enough that no test depends on it.
fn config(url: &str) -> StripeConfig {
    let mut config =
        StripeConfig::new(SecretString::from(KEY), vec![SecretString::from(SECRET)], DEPLOYMENT.into());
    config.api_url = Url::parse(url).unwrap();
    config.request_timeout = Duration::from_secs(30);
    config.read_retry = ReadRetry { repeats: 2, pause: Duration::from_millis(1) };
    config
}

fn gateway(config: StripeConfig) -> StripeGateway {
    StripeGateway::new(StripeGateway::http_client(&config).unwrap(), config)
}

fn gateway_of(server: &MockServer) -> StripeGateway {
    gateway(config(&server.uri()))
}

fn payment_id() -> PaymentId {
    PAYMENT.parse().unwrap()
}

fn user() -> UserId {
    "auth0|u1".parse().unwrap()
}

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn pages() -> ReturnPages {
    ReturnPages {
        done: Url::parse("https://x.example/paid?session={CHECKOUT_SESSION_ID}&a=b").unwrap(),
        cancelled: Url::parse("https://x.example/wallet").unwrap(),
    }
}

fn checkout(amount: Money) -> CheckoutRequest {
    CheckoutRequest {
        payment: payment_id(),
        user: user(),
        amount,
        description: "Credit & more".into(),
        expires_at: at(1_800_000_000),
        pages: pages(),
    }
}

fn setup() -> SetupRequest {
    SetupRequest {
        key: Uuid::from_u128(7),
        user: user(),
        customer: "cus_1".parse().unwrap(),
        currency: Currency::INR,
        expires_at: at(1_800_000_000),
        pages: pages(),
    }
}

fn charge() -> SavedCharge {
    SavedCharge {
        payment: payment_id(),
        user: user(),
        customer: "cus_1".parse().unwrap(),
        method: "pm_1".parse().unwrap(),
        amount: usd("25"),
        description: "Credit".into(),
    }
}

fn mark() -> PaymentMark {
    PaymentMark { deployment: DEPLOYMENT.into(), payment: payment_id(), user: user() }
}

fn metadata() -> Value {
    json!({"trunkline_deployment": DEPLOYMENT, "trunkline_payment": PAYMENT, "trunkline_user": "auth0|u1"})
}

/// An intent of ours, as far as it has come.
fn intent(id: &str, status: &str) -> Value {
    json!({
        "id": id, "object": "payment_intent", "amount": 2500, "currency": "usd", "status": status,
        "amount_received": if status == "succeeded" { 2500 } else { 0 }, "metadata": metadata(),
        "last_payment_error": null, "latest_charge": "ch_1", "client_secret": "pi_1_secret_2", "livemode": false,
    })
}

/// A session of ours, as far as it has come.
fn session(status: &str, payment_status: &str, payment_intent: &Value) -> Value {
    json!({
        "id": "cs_test_1", "object": "checkout.session", "mode": "payment", "status": status,
        "payment_status": payment_status, "amount_total": 2500, "currency": "usd", "metadata": metadata(),
        "client_reference_id": PAYMENT, "payment_intent": payment_intent, "setup_intent": null,
        "expires_at": 1_800_000_000, "url": "https://checkout.stripe.com/c/pay/cs_test_1", "livemode": false,
    })
}

fn list(data: &[Value]) -> Value {
    json!({"object": "list", "url": "/v1/x", "has_more": false, "data": data})
}

/// One of Stripe's error bodies.
fn error(status: u16, kind: &str, code: Option<&str>) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({"error": {
        "type": kind, "code": code, "message": "A sentence of Stripe's", "doc_url": "https://stripe.com/docs",
    }}))
}

/// Answers every GET of a path.
async fn answer(server: &MockServer, at: &str, body: Value) {
    let answer = ResponseTemplate::new(200).set_body_json(body);
    Mock::given(method("GET")).and(path(at)).respond_with(answer).mount(server).await;
}

/// Answers every POST to a path.
async fn answer_post(server: &MockServer, at: &str, answer: ResponseTemplate) {
    Mock::given(method("POST")).and(path(at)).respond_with(answer).mount(server).await;
}

/// Nothing took anything back.
async fn no_takings(server: &MockServer) {
    answer(server, "/v1/refunds", list(&[])).await;
    answer(server, "/v1/disputes", list(&[])).await;
}

/// A request as its method, path and decoded parameters.
type Sent = (String, String, Vec<(String, String)>);

async fn requests(server: &MockServer) -> Vec<Sent> {
    let received = server.received_requests().await.unwrap();
    let parameters = |request: &wiremock::Request| {
        let query = request.url.query().unwrap_or_default().as_bytes();
        let encoded = if request.method.as_str() == "POST" { &request.body } else { query };
        url::form_urlencoded::parse(encoded).into_owned().collect()
    };
    let rows = received
        .iter()
        .map(|request| (request.method.to_string(), request.url.path().to_owned(), parameters(request)));
    rows.collect()
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

//! Wallets that are topped up by themselves, and what keeps them from it.

use std::time::Duration;

use futures::stream::{self, StreamExt};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use trunkline_stripe_sim::{Behaviour, Fault, FaultAction, HangAct, RecordedRequest, RefundFate};

use super::till::{SECRET_KEY, Till, standing};
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

    /// Has a method saved on a page of its own.
    async fn save(&self, behaviour: Behaviour) {
        let session = self.set_up().await;
        self.bank().save(&session, behaviour).unwrap();
        self.wait_until("on", async || self.top_up().await["status"] == "on").await;
    }

    /// The newest payment.
    async fn newest(&self) -> Value {
        self.stage.get("/api/payments").await["payments"][0].clone()
    }

    /// Asks Stripe as another program with the same key would.
    async fn ask_stripe(&self, path: &str, form: &[(String, String)]) -> Value {
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        let request = client.post(format!("{}{path}", self.stripe.url())).bearer_auth(SECRET_KEY).form(form);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// What the last charge was asked for with.
    fn last_charge(&self) -> Vec<(String, String)> {
        let requests = self.bank().requests();
        let is_charge = |seen: &&RecordedRequest| {
            (seen.method.as_str(), seen.path.as_str()) == ("POST", "/v1/payment_intents")
        };
        let last = requests.iter().rev().find(is_charge).unwrap();
        last.parameters.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    fn intents(&self) -> Vec<String> {
        let state = self.bank().state();
        let intents = state["paymentIntents"].as_array().unwrap();
        intents.iter().map(|intent| intent["status"].as_str().unwrap().to_owned()).collect()
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

const SOON: [(&str, &str); 1] = [("PAYMENT_LOOK_AFTER_S", "1")];

/// Stripe limits us, the customer lowers what may be charged, and Stripe is well again: what was claimed before is not charged,
/// and no card was asked.
#[tokio::test]
async fn what_stripe_did_not_take_is_judged_anew() {
    let till = Till::on(Engine::Sqlite, "0", &SOON).await;
    let limited = FaultAction::Refuse { status: 429, retry_after_s: None };
    till.bank().script(Fault::new(limited).on("POST", "/v1/payment_intents").times(1_000)).unwrap();
    till.save(Behaviour::Accept).await;
    till.wait_until("asked for", async || till.charges() > 1).await;
    let lower = json!({ "threshold": "1", "amount": "5", "monthlyCap": "5" });
    assert_eq!(till.stage.ask(Method::PATCH, PATH, Some(lower)).await.0, StatusCode::OK);
    till.bank().clear_faults();
    till.wait_until("withdrawn", async || till.newest().await["status"] == "failed").await;
    assert_eq!(till.newest().await["decline"], "withdrawn");
    let top_up = till.top_up().await;
    assert_eq!((&top_up["status"], &top_up["declines"]), (&"on".into(), &0.into()), "{top_up}");
    assert!(top_up["coolDownUntil"].is_null(), "no card was asked: {top_up}");
    assert_eq!((till.intents(), till.standing().await), (vec![], standing("0.00", "0.00", "0.00")));
    till.verify_ledger();
}

/// What a failure in the middle leaves: an intent that nobody confirms. It ends, and is no decline.
#[tokio::test]
async fn a_charge_that_nobody_confirms_ends() {
    let till = Till::new("0").await;
    let hangs = Fault::new(FaultAction::Hang { act: HangAct::Never });
    till.bank().script(hangs.on("POST", "/v1/payment_intents")).unwrap();
    till.save(Behaviour::Accept).await;
    till.wait_until("asked for", async || till.charges() > 0).await;
    let mut unconfirmed = till.last_charge();
    unconfirmed.retain(|(name, _)| name != "confirm" && name != "off_session");
    let made = till.ask_stripe("/v1/payment_intents", &unconfirmed).await;
    assert_eq!(made["status"], "requires_confirmation", "{made}");
    till.bank().drop_held();
    till.wait_until("ended", async || till.newest().await["status"] == "failed").await;
    let (ended, top_up) = (till.newest().await, till.top_up().await);
    assert!(ended["decline"].is_null(), "{ended}");
    assert_eq!((till.intents(), &top_up["declines"]), (vec!["canceled".to_owned()], &0.into()), "{top_up}");
}

/// A second charge under the same mark is found, and its refund takes nothing of what was credited.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_charge_under_one_mark_is_found() {
    let till = Till::new("0").await;
    till.save(Behaviour::Accept).await;
    let credited = standing("25.00", "0.00", "0.00");
    till.wait_until("topped up", async || till.standing().await == credited).await;
    let second = till.ask_stripe("/v1/payment_intents", &till.last_charge()).await;
    assert_eq!(second["status"], "succeeded", "{second}");
    let compare = || {
        let output = till.stage.command(&["payment", "compare"]);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (status, said) = compare();
    let intent = second["id"].as_str().unwrap();
    assert!(status == Some(1) && said.contains("PAID TWICE") && said.contains(intent), "{said}");
    till.bank().refund(intent, None, RefundFate::Succeeded).unwrap();
    till.told().await;
    assert_eq!((compare().0, till.standing().await), (Some(0), credited));
    till.verify_ledger();
}

/// The customer has removed it: what is saved on a page that was open is not charged, whoever heard of it when.
#[tokio::test]
async fn a_page_that_was_open_at_the_removal_saves_nothing() {
    let till = Till::on(Engine::Sqlite, "0", &SOON).await;
    till.bank().pause_webhooks();
    let session = till.set_up().await;
    till.bank().save(&session, Behaviour::Accept).unwrap();
    let (status, removed) = till.stage.ask(Method::DELETE, PATH, None).await;
    assert!(status == StatusCode::OK && removed["autoTopUp"].is_null(), "{removed}");
    let forgotten = async || till.bank().state()["paymentMethods"][0]["customer"].is_null();
    till.wait_until("forgotten", forgotten).await;
    till.bank().resume_webhooks();
    till.told().await;
    assert_eq!((till.top_up().await, till.charges()), (Value::Null, 0));
    let (status, absent) = till.stage.ask(Method::DELETE, PATH, None).await;
    assert_eq!((status, &absent["code"]), (StatusCode::NOT_FOUND, &"TOP_UP_NOT_FOUND".into()));
}

/// More needs the customer's consent anew; less, and the operator's way to stop it, do not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_needs_consent_and_an_operator_may_stop_it() {
    let till = Till::new("0").await;
    till.pay("50.00").await;
    till.save(Behaviour::Accept).await;
    let ask = async |key: &str, body: Value| till.stage.ask_as(key, Method::PATCH, PATH, Some(body)).await;
    let (user, operator) = (&till.stage.user, &till.stage.operator);
    for raised in [json!({ "amount": "26" }), json!({ "threshold": "5.01", "consent": false })] {
        let (status, refused) = ask(user, raised).await;
        assert_eq!((status, &refused["fields"][0]["field"]), (StatusCode::BAD_REQUEST, &"consent".into()));
    }
    let before = till.top_up().await;
    let (status, raised) = ask(user, json!({ "amount": "26", "consent": true })).await;
    assert_eq!((status, raised["autoTopUp"]["amount"].to_string()), (StatusCode::OK, "26.00".to_owned()));
    assert_ne!(raised["autoTopUp"]["agreedAt"], before["agreedAt"]);

    let mine = json!({ "userId": crate::stage::USER, "enabled": true });
    assert_eq!(ask(operator, mine).await.0, StatusCode::FORBIDDEN);
    let stopped = ask(operator, json!({ "userId": crate::stage::USER, "enabled": false })).await;
    assert_eq!((stopped.0, &stopped.1["autoTopUp"]["status"]), (StatusCode::OK, &"off".into()));
    assert_eq!(ask(user, json!({ "enabled": true })).await.0, StatusCode::OK);

    let off = till.stage.command(&["top-up", "off", crate::stage::USER, "USD", "--reason", "a stolen card"]);
    let said = String::from_utf8(off.stdout).unwrap();
    assert!(off.status.success() && said.contains("nothing more is charged"), "{said}");
    let shown = till.stage.command(&["top-up", "show", crate::stage::USER, "USD", "--json"]);
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!((&shown["status"], &shown["amount"]["amount"]), (&"off".into(), &"26.00".into()), "{shown}");
    let audit = till.stage.command(&["audit", "--user", crate::stage::USER, "--action", "top_up"]);
    assert!(String::from_utf8(audit.stdout).unwrap().contains("a stolen card"));
}

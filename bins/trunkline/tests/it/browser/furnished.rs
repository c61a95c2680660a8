//! A desk with something on every page: numbers of all kinds, money that came and went, an order in doubt, and what an operator has
//! to decide.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_stripe_sim::Behaviour;
use trunkline_twilio_sim::{Fault, FaultAction, NumberType};

use super::Desk;
use super::driver::Scripts;
use crate::stage::{SCALED, Stage, USER};

/// How long anything may take to come true.
const PATIENCE: Duration = Duration::from_secs(20);
/// What is bought for whom: area or kind, and name.
const NUMBERS: [(&str, NumberType, &str); 4] = [
    ("US", NumberType::Local, "Front desk"),
    ("US", NumberType::Local, "Orders by phone"),
    ("US", NumberType::TollFree, "Complaints"),
    ("CA", NumberType::Local, "Toronto"),
];

/// Where things are that have an id.
pub(crate) struct Furnished {
    pub(crate) desk: Desk,
    pub(crate) business: String,
    pub(crate) numbers: Vec<String>,
    pub(crate) recorded: String,
    pub(crate) done: String,
    pub(crate) in_doubt: String,
    /// A number that only Twilio knows.
    pub(crate) found: String,
    pub(crate) month: String,
    /// To be chosen.
    pub(crate) free: String,
}

impl Furnished {
    pub(crate) async fn new() -> Self {
        let settings = [&SCALED[..], &[("APPROVAL_ABOVE", "50.00 USD"), ("BALANCE_FLOOR", "20.00")]].concat();
        let desk = Desk::signed_in_with("40", Scripts::On, &settings).await;
        let stage = &desk.till.stage;
        let business = business(stage).await;
        desk.till.pay("100.00").await;
        desk.save_a_card().await;
        let mut numbers = Vec::new();
        for (nth, (country, kind, name)) in NUMBERS.into_iter().enumerate() {
            let phone_number = stage.available(country, kind, nth);
            let business = (nth < 2).then_some(&business);
            let purchase =
                json!({ "phoneNumber": phone_number, "displayName": name, "businessId": business });
            let bought = made(stage, Method::POST, "/api/numbers/purchase", purchase).await;
            numbers.push(bought["number"]["id"].as_str().unwrap().to_owned());
        }
        let first = format!("/api/numbers/{}", numbers[0]);
        made(stage, Method::PATCH, &first, json!({ "isPrimary": true })).await;
        let done = stage.get("/api/orders").await["orders"][0]["id"].as_str().unwrap().to_owned();
        let elsewhere = json!({
            "phoneNumber": "+442079460018", "displayName": "London office", "provider": "BT",
            "notes": "Until the lease ends.",
        });
        let recorded = made(stage, Method::POST, "/api/numbers", elsewhere).await;
        let recorded = recorded["number"]["id"].as_str().unwrap().to_owned();
        let key = json!({ "name": "Nightly report", "scopes": ["read"] });
        made(stage, Method::POST, "/api/keys", key).await;
        desk.pay_and_leave("25.00").await;
        let statements = stage.get("/api/wallet/statements").await;
        let month = statements["statements"][0]["month"].as_str().unwrap().to_owned();
        let found = desk.leave_something_to_decide().await;
        let in_doubt = desk.buy_in_doubt().await;
        let free = stage.free_number(5);
        Self { desk, business, numbers, recorded, done, in_doubt, found, month, free }
    }
}

impl Desk {
    async fn save_a_card(&self) {
        let terms =
            json!({ "threshold": "5.00", "amount": "25.00", "monthlyCap": "100.00", "consent": true });
        let path = "/api/payment/auto-top-up";
        let page = made(&self.till.stage, Method::POST, path, terms).await;
        self.till.bank().save(page["sessionId"].as_str().unwrap(), Behaviour::Accept).unwrap();
        let stage = &self.till.stage;
        until("the card is saved", async || stage.get(path).await["autoTopUp"]["status"] == "on").await;
    }

    /// A payment that is begun and not made.
    async fn pay_and_leave(&self, amount: &str) {
        self.till.open(amount).await;
    }

    /// A number that was bought at Twilio's console, and money that waits for a second operator; answers the number.
    async fn leave_something_to_decide(&self) -> String {
        let stage = &self.till.stage;
        let number = stage.free_number(3);
        stage.buy_at_twilio(&number, "bought by hand").await;
        let credit =
            json!({ "userId": USER, "amount": "60.00", "currency": "USD", "reason": "bank transfer" });
        stage.ask_as(&stage.operator, Method::POST, "/api/wallet/credits", Some(credit)).await;
        let pass = stage.command(&["reconcile"]);
        assert!(!pass.stdout.is_empty(), "{pass:?}");
        number
    }

    /// A purchase that Twilio does not answer, nor any question about it; answers its order.
    async fn buy_in_doubt(&self) -> String {
        let stage = &self.till.stage;
        let twilio = stage.twilio();
        let silence = FaultAction::NeverAnswer { act: true };
        twilio.script(Fault::new(silence).on("POST", "*/IncomingPhoneNumbers/Local.json"));
        let looks = Fault::new(FaultAction::Status { status: 503, retry_after_s: None });
        twilio.script(looks.on("GET", "*/IncomingPhoneNumbers.json").nth(2).forever());
        let purchase = json!({ "phoneNumber": stage.free_number(4), "displayName": "Second line" });
        stage.ask(Method::POST, "/api/numbers/purchase", Some(purchase)).await;
        stage.get("/api/orders").await["orders"][0]["id"].as_str().unwrap().to_owned()
    }
}

async fn business(stage: &Stage) -> String {
    let bakery = json!({ "name": "Corner Bakery", "timeZone": "America/New_York" });
    let made_one = made(stage, Method::POST, "/api/businesses", bakery).await;
    let id = made_one["business"]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/businesses/{id}/members/ben");
    made(stage, Method::PUT, &path, json!({ "role": "manager" })).await;
    id
}

/// What the user's request makes.
async fn made(stage: &Stage, method: Method, path: &str, body: Value) -> Value {
    let (status, answer) = stage.ask(method, path, Some(body)).await;
    assert!(status.is_success(), "{path}: {answer}");
    answer
}

async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let wanted = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, wanted).await.is_ok(), "{what}: not in time");
}

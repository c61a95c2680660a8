//! A newcomer's first hour: search, buy, look, release; in the sandbox, and with a server and a simulator apart.

use std::collections::HashMap;
use std::path::Path;

use reqwest::{Client, Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::engine::{Engine, Place};
use crate::process::{Process, command};
use crate::stage::{self, ACCOUNT_SID, AUTH_TOKEN};

/// Where the journey happens: a server, the keys to it, and the simulator behind it.
struct World {
    server: String,
    simulator: String,
    simulator_account: (String, String),
    user: String,
    stranger: String,
    business: String,
    webhooks: String,
    http: Client,
}

impl World {
    async fn ask(&self, key: &str, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let mut request = self.http.request(method, format!("{}{path}", self.server)).bearer_auth(key);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        (response.status(), response.json().await.unwrap_or(Value::Null))
    }

    async fn ok(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.ask(&self.user, method, path, body).await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        assert_eq!(answer["success"], true, "{path}: {answer}");
        answer
    }

    /// What the simulator says that its account holds.
    async fn held_at_twilio(&self) -> Vec<Value> {
        let (sid, token) = &self.simulator_account;
        let url = format!("{}/2010-04-01/Accounts/{sid}/IncomingPhoneNumbers.json", self.simulator);
        let list: Value =
            self.http.get(url).basic_auth(sid, Some(token)).send().await.unwrap().json().await.unwrap();
        list["incoming_phone_numbers"].as_array().unwrap().clone()
    }

    async fn available(&self) -> String {
        self.ok(Method::GET, "/api/wallet/balance", None).await["available"].to_string()
    }

    /// Search, buy, look, be refused, release.
    async fn travel(&self) {
        let search = json!({ "countryCode": "us", "numberType": "local", "areaCode": 415 });
        let found = self.ok(Method::POST, "/api/numbers/search", Some(search)).await;
        assert_eq!(found["total"], 20);
        let hit = &found["numbers"][0];
        assert_eq!(hit["monthlyCost"].to_string(), "1.50");
        assert_eq!(hit["currency"], "USD");
        let phone_number = hit["phoneNumber"].as_str().unwrap();
        assert!(phone_number.starts_with("+1415"), "{phone_number}");

        assert_eq!(self.available().await, "25.00");
        let purchase =
            json!({ "phoneNumber": phone_number, "displayName": "Front desk", "businessId": self.business });
        let bought = self.ok(Method::POST, "/api/numbers/purchase", Some(purchase)).await;
        let number = &bought["number"];
        assert_eq!(number["phone_number"], phone_number);
        assert_eq!(number["status"], "active");
        assert_eq!(number["business_id"], *self.business);
        assert_eq!(number["voice_url"], format!("{}/api/voice-agent/handle-call", self.webhooks));
        assert_eq!(number["sms_url"], format!("{}/api/voice-agent/handle-sms", self.webhooks));
        assert_eq!(number["status_callback_url"], format!("{}/api/voice-agent/status", self.webhooks));
        assert_eq!(bought["transaction"]["amount"].to_string(), "1.50");

        assert_eq!(self.available().await, "23.50");
        let transactions = self.ok(Method::GET, "/api/wallet/transactions", None).await;
        let debit = &transactions["transactions"][0];
        assert_eq!(
            (debit["type"].as_str(), debit["status"].as_str()),
            (Some("debit"), Some("completed")),
            "{transactions}"
        );
        assert_eq!(debit["id"], bought["transaction"]["id"]);
        assert_eq!(debit["numberId"], number["id"]);

        let held = self.held_at_twilio().await;
        assert_eq!(held.len(), 1);
        assert_eq!(held[0]["sid"], number["twilio_sid"]);
        assert_eq!(held[0]["voice_url"], number["voice_url"]);
        assert!(held[0]["friendly_name"].as_str().unwrap().starts_with("Front desk tl1:"), "{}", held[0]);

        let path = format!("/api/numbers/{}", number["id"].as_str().unwrap());
        let (status, answer) = self.ask(&self.stranger, Method::GET, &path, None).await;
        assert_eq!((status, answer["code"].as_str()), (StatusCode::NOT_FOUND, Some("NUMBER_NOT_FOUND")));
        let (status, _) = self.ask(&self.stranger, Method::DELETE, &format!("{path}/release"), None).await;
        assert_eq!(status, StatusCode::NOT_FOUND);

        self.ok(Method::DELETE, &format!("{path}/release"), None).await;
        assert_eq!(self.held_at_twilio().await, Vec::<Value>::new());
        assert_eq!(self.available().await, "23.50");
        let left = self.ok(Method::GET, "/api/numbers", None).await;
        assert_eq!(left["total"], 0);
        let (status, _) = self.ask(&self.user, Method::DELETE, &format!("{path}/release"), None).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "released again");
    }
}

fn client() -> Client {
    Client::builder().no_proxy().tls_certs_only([]).build().unwrap()
}

fn sandbox(folder: &Path) -> (Process, HashMap<String, String>) {
    let mut command = command("trunkline", folder);
    command.args(["sandbox", "--listen", "127.0.0.1:0"]);
    let process = Process::start(command);
    let text = std::fs::read_to_string(folder.join("trunkline-sandbox/sandbox.env")).unwrap();
    let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    (process, text.lines().filter_map(pair).collect())
}

#[tokio::test]
async fn the_sandbox_sells_a_number_and_keeps_its_state() {
    let folder = tempfile::tempdir().unwrap();
    let (mut process, env) = sandbox(folder.path());
    let world = |env: &HashMap<String, String>| World {
        server: env["TRUNKLINE_URL"].clone(),
        simulator: env["TWILIO_BASE_URL"].clone(),
        simulator_account: (env["TWILIO_ACCOUNT_SID"].clone(), env["TWILIO_AUTH_TOKEN"].clone()),
        user: env["TRUNKLINE_API_KEY"].clone(),
        stranger: env["TRUNKLINE_API_KEY_2"].clone(),
        business: env["TRUNKLINE_BUSINESS_ID"].clone(),
        webhooks: env["TRUNKLINE_URL"].clone(),
        http: client(),
    };
    let first = world(&env);
    first.travel().await;

    let search = json!({ "countryCode": "GB", "numberType": "mobile", "limit": 1 });
    let found = first.ok(Method::POST, "/api/numbers/search", Some(search)).await;
    let british = json!({ "phoneNumber": found["numbers"][0]["phoneNumber"], "displayName": "London" });
    first.ok(Method::POST, "/api/numbers/purchase", Some(british)).await;

    process.stop();
    let (_process, env) = sandbox(folder.path());
    let again = world(&env);
    assert_eq!(again.user, first.user, "keys stay what they were");
    assert_eq!(again.available().await, "20.50", "no second welcome");
    assert_eq!(again.held_at_twilio().await.len(), 1, "the simulator remembers");
    assert_eq!(again.ok(Method::GET, "/api/numbers", None).await["total"], 1);
}

#[rstest]
#[tokio::test]
async fn a_server_in_an_empty_folder_and_a_simulator_apart(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(engine, folder.path()).await;
    let make_key = |holder: &[&str]| stage::make_key(&folder, &place.url, holder);
    let mut simulator = command("twilio-sim", folder.path());
    simulator.args(["--listen", "127.0.0.1:0", "--account-sid", ACCOUNT_SID, "--auth-token", AUTH_TOKEN]);
    let simulator = Process::start(simulator);

    let operator = make_key(&["--operator"]);
    let mut server = command("trunkline", folder.path());
    server
        .arg("serve")
        .env("DATABASE_URL", &place.url)
        .env("LISTEN", "127.0.0.1:0")
        .env("PUBLIC_URL", "https://numbers.example.com")
        .env("TWILIO_BASE_URL", &simulator.url)
        .env("TWILIO_ACCOUNT_SID", ACCOUNT_SID)
        .env("TWILIO_AUTH_TOKEN", AUTH_TOKEN);
    let server = Process::start(server);

    let service = make_key(&["--service", "--name", "front end"]);
    let mut world = World {
        server: server.url.clone(),
        simulator: simulator.url.clone(),
        simulator_account: (ACCOUNT_SID.to_owned(), AUTH_TOKEN.to_owned()),
        user: String::new(),
        stranger: String::new(),
        business: String::new(),
        webhooks: "https://numbers.example.com".to_owned(),
        http: client(),
    };
    for user in ["user123", "other"] {
        let made = world.ask(&service, Method::POST, "/api/users", Some(json!({ "id": user }))).await;
        assert_eq!(made.0, StatusCode::CREATED, "{}", made.1);
    }
    world.user = make_key(&["--user", "user123"]);
    world.stranger = make_key(&["--user", "other"]);
    let (status, business) =
        world.ask(&world.user, Method::POST, "/api/businesses", Some(json!({ "name": "Acme" }))).await;
    assert_eq!(status, StatusCode::CREATED, "{business}");
    world.business = business["business"]["id"].as_str().unwrap().to_owned();
    let credit = json!({ "userId": "user123", "amount": 25, "currency": "USD", "reason": "first deposit" });
    let (status, answer) = world.ask(&operator, Method::POST, "/api/wallet/credits", Some(credit)).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    world.travel().await;
}

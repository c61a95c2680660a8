//! A stage for one test: a simulated Twilio, a server with a database of its own, a user with money, and questions
//! to all three.

use std::net::SocketAddr;
use std::process::{Command, Output};
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use trunkline_twilio_sim::{Admin, NumberType, Simulator, SimulatorConfig};

use crate::engine::{Engine, Place};
use crate::process::{Process, command};

pub(crate) const ACCOUNT_SID: &str = "AC0123456789abcdef0123456789abcdef";
pub(crate) const AUTH_TOKEN: &str = "a-token-for-tests";
pub(crate) const USER: &str = "user123";

/// Times scaled down so that undecided orders are decided within seconds.
pub(crate) const SCALED: [(&str, &str); 10] = [
    ("PURCHASE_WAIT_S", "1.5"),
    ("SEND_WINDOW_S", "2"),
    ("REQUEST_TIMEOUT_S", "0.8"),
    ("SETTLE_MARGIN_S", "0.2"),
    ("LOOK_GAP_S", "0.3"),
    ("VOID_AFTER_S", "3.5"),
    ("LEASE_S", "2"),
    ("RECOVERY_INTERVAL_S", "0.1"),
    ("PASS_INTERVAL_S", "0.5"),
    ("RECONCILE_AFTER_S", "0"),
];

/// How long anything may take to come true.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Stage {
    pub(crate) simulator: Simulator,
    pub(crate) server: Process,
    pub(crate) folder: TempDir,
    pub(crate) operator: String,
    pub(crate) user: String,
    environment: Vec<(String, String)>,
    http: reqwest::Client,
    pub(crate) place: Place,
}

impl Stage {
    /// A stage with the protocol's own times.
    pub(crate) async fn new(balance: &str) -> Self {
        Self::with(balance, &[]).await
    }

    /// A stage with other settings.
    pub(crate) async fn with(balance: &str, environment: &[(&str, &str)]) -> Self {
        Self::on(Engine::Sqlite, balance, environment).await
    }

    /// A stage on either engine.
    pub(crate) async fn on(engine: Engine, balance: &str, environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(engine, folder.path()).await;
        Self::at(place, folder, balance, environment).await
    }

    /// A stage on a database.
    pub(crate) async fn at(
        place: Place,
        folder: TempDir,
        balance: &str,
        environment: &[(&str, &str)],
    ) -> Self {
        let config = SimulatorConfig::new(ACCOUNT_SID, AUTH_TOKEN);
        let simulator = Simulator::start(SocketAddr::from(([127, 0, 0, 1], 0)), config).await.unwrap();
        let mut all = vec![
            ("DATABASE_URL".to_owned(), place.url.clone()),
            ("LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
            ("RATE_LIMIT".to_owned(), "0".to_owned()),
            ("PUBLIC_URL".to_owned(), "https://numbers.example.com".to_owned()),
            ("TWILIO_BASE_URL".to_owned(), simulator.url()),
            ("TWILIO_ACCOUNT_SID".to_owned(), ACCOUNT_SID.to_owned()),
            ("TWILIO_AUTH_TOKEN".to_owned(), AUTH_TOKEN.to_owned()),
        ];
        all.extend(environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let server = Self::serve(&folder, &all);
        let operator = make_key(&folder, &place.url, &["--operator"]);
        let user = make_key(&folder, &place.url, &["--user", USER]);
        let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        let stage = Self { simulator, server, folder, operator, user, environment: all, http, place };
        if balance != "0" {
            let body =
                json!({ "userId": USER, "amount": balance, "currency": "USD", "reason": "for the test" });
            let (status, _) =
                stage.ask_as(&stage.operator, Method::POST, "/api/wallet/credits", Some(body)).await;
            assert_eq!(status, StatusCode::CREATED);
        }
        stage
    }

    fn serve(folder: &TempDir, environment: &[(String, String)]) -> Process {
        Process::start(Self::serving(folder, environment))
    }

    fn serving(folder: &TempDir, environment: &[(String, String)]) -> Command {
        let mut command = command("trunkline", folder.path());
        command.arg("serve").envs(environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts the server again, after it was stopped, and stops reading what it says once it is ready.
    pub(crate) fn restart_unheard(&mut self) {
        self.server = Process::start_unheard(Self::serving(&self.folder, &self.environment));
    }

    /// Starts the server again on the same database, after it was killed or stopped.
    pub(crate) fn restart(&mut self) {
        self.server = Self::serve(&self.folder, &self.environment);
    }

    /// Starts another server on the same database. Not on SQLite, which has one.
    pub(crate) fn replica(&self) -> Process {
        Self::serve(&self.folder, &self.environment)
    }

    /// A command beside the server, with its settings.
    pub(crate) fn command(&self, arguments: &[&str]) -> Output {
        let mut command = command("trunkline", self.folder.path());
        command.args(arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.output().unwrap()
    }

    /// The same command with some other settings, not yet started.
    pub(crate) fn command_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
        let mut command = command("trunkline", self.folder.path());
        command.args(arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.envs(environment.iter().copied());
        command
    }

    pub(crate) fn twilio(&self) -> Admin {
        self.simulator.admin()
    }

    /// The user's own request.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        self.ask_as(&self.user, method, path, body).await
    }

    pub(crate) async fn ask_as(
        &self,
        key: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        self.ask_with(key, method, path, body, &[]).await
    }

    /// A request of whoever has this key, or none, for whomever they name.
    pub(crate) async fn send(
        &self,
        key: Option<&str>,
        named: Option<&str>,
        method: &Method,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.server.url));
        if let Some(key) = key {
            request = request.bearer_auth(key);
        }
        if let Some(named) = named {
            request = request.header("Trunkline-User", named);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap_or(Value::Null))
    }

    pub(crate) async fn ask_with(
        &self,
        key: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> (StatusCode, Value) {
        self.ask_server(&self.server, key, method, path, body, headers).await
    }

    /// A request to one of several servers.
    pub(crate) async fn ask_server(
        &self,
        server: &Process,
        key: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> (StatusCode, Value) {
        let mut request = self.http.request(method, format!("{}{path}", server.url)).bearer_auth(key);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    pub(crate) async fn buy(&self, number: &str) -> (StatusCode, Value) {
        self.ask(Method::POST, "/api/numbers/purchase", Some(purchase_body(number))).await
    }

    pub(crate) async fn buy_with_key(&self, number: &str, key: &str) -> (StatusCode, Value) {
        let (user, path) = (self.user.clone(), "/api/numbers/purchase");
        self.ask_with(&user, Method::POST, path, Some(purchase_body(number)), &[("Idempotency-Key", key)])
            .await
    }

    /// Available and held, as `("23.50", "0.00")`.
    pub(crate) async fn balance(&self) -> (String, String) {
        let balance = self.get("/api/wallet/balance").await;
        (balance["available"].to_string(), balance["held"].to_string())
    }

    /// The user's numbers.
    pub(crate) async fn numbers(&self) -> Vec<Value> {
        self.get("/api/numbers?limit=100").await["numbers"].as_array().unwrap().clone()
    }

    pub(crate) async fn transactions(&self) -> Vec<Value> {
        self.get("/api/wallet/transactions?limit=100").await["transactions"].as_array().unwrap().clone()
    }

    pub(crate) async fn order(&self, id: &str) -> Value {
        self.get(&format!("/api/orders/{id}")).await["order"].clone()
    }

    /// Waits until the order has this status.
    pub(crate) async fn wait_for_order(&self, id: &str, status: &str) -> Value {
        let wanted = async {
            loop {
                let order = self.order(id).await;
                if order["status"] == status {
                    return order;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let Ok(order) = tokio::time::timeout(PATIENCE, wanted).await else {
            panic!("order {id} is {}, not {status}\n{}", self.order(id).await, self.server.log());
        };
        order
    }

    /// A local US number that nobody has and that needs no address; `nth` gives different ones.
    pub(crate) fn free_number(&self, nth: usize) -> String {
        self.available("US", NumberType::Local, nth)
    }

    pub(crate) fn available(&self, country: &str, number_type: NumberType, nth: usize) -> String {
        self.twilio().available(country, number_type)[nth].phone_number.clone()
    }

    /// Gives the account an address, as its owner does.
    pub(crate) async fn create_address(
        &self,
        street: &str,
        city: &str,
        region: &str,
        postal_code: &str,
        country: &str,
    ) {
        let form = [
            ("CustomerName", "Bakery"),
            ("Street", street),
            ("City", city),
            ("Region", region),
            ("PostalCode", postal_code),
            ("IsoCountry", country),
        ];
        self.post_to_twilio(&format!("Accounts/{ACCOUNT_SID}/Addresses.json"), &form).await;
    }

    /// A new subaccount, as Twilio tells it to the account's owner.
    pub(crate) async fn create_subaccount(&self) -> Value {
        self.post_to_twilio("Accounts.json", &[("FriendlyName", "another brand")]).await
    }

    /// Moves a number to a new subaccount, as the account's owner does; answers which.
    pub(crate) async fn move_to_subaccount(&self, number_sid: &str) -> String {
        let subaccount = self.create_subaccount().await;
        let subaccount = subaccount["sid"].as_str().unwrap();
        let number = format!("Accounts/{ACCOUNT_SID}/IncomingPhoneNumbers/{number_sid}.json");
        self.post_to_twilio(&number, &[("AccountSid", subaccount)]).await;
        subaccount.to_owned()
    }

    /// Moves a number back from a subaccount.
    pub(crate) async fn move_back(&self, subaccount: &str, number_sid: &str) {
        let number = format!("Accounts/{subaccount}/IncomingPhoneNumbers/{number_sid}.json");
        self.post_to_twilio(&number, &[("AccountSid", ACCOUNT_SID)]).await;
    }

    /// Changes settings of a number, as the account's owner does.
    pub(crate) async fn set_at_twilio(&self, number_sid: &str, settings: &[(&str, &str)]) {
        let number = format!("Accounts/{ACCOUNT_SID}/IncomingPhoneNumbers/{number_sid}.json");
        self.post_to_twilio(&number, settings).await;
    }

    /// Buys a number in the console.
    pub(crate) async fn buy_at_twilio(&self, phone_number: &str, friendly_name: &str) {
        let form = [("PhoneNumber", phone_number), ("FriendlyName", friendly_name)];
        self.post_to_twilio(&format!("Accounts/{ACCOUNT_SID}/IncomingPhoneNumbers.json"), &form).await;
    }

    /// Gives a number back in the console.
    pub(crate) async fn delete_at_twilio(&self, number_sid: &str) {
        let number = format!("2010-04-01/Accounts/{ACCOUNT_SID}/IncomingPhoneNumbers/{number_sid}.json");
        let request = self.http.delete(format!("{}/{number}", self.simulator.url()));
        let answer = request.basic_auth(ACCOUNT_SID, Some(AUTH_TOKEN)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    }

    /// What the account's owner does at Twilio behind our back.
    async fn post_to_twilio(&self, resource: &str, form: &[(&str, &str)]) -> Value {
        let url = format!("{}/2010-04-01/{resource}", self.simulator.url());
        let request = self.http.post(url).basic_auth(ACCOUNT_SID, Some(AUTH_TOKEN)).form(form);
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        answer.json().await.unwrap()
    }

    /// How many purchases Twilio has seen.
    pub(crate) fn purchases_seen(&self) -> usize {
        let sent = |method: &str, path: &str| method == "POST" && path.contains("/IncomingPhoneNumbers/");
        let kinds = ["Local.json", "TollFree.json", "Mobile.json"];
        let requests = self.twilio().requests();
        let purchases = requests
            .iter()
            .filter(|r| sent(&r.method, &r.path) && kinds.iter().any(|kind| r.path.ends_with(kind)));
        purchases.count()
    }
}

pub(crate) fn purchase_body(number: &str) -> Value {
    json!({ "phoneNumber": number, "displayName": "Front desk" })
}

pub(crate) fn make_key(folder: &TempDir, database: &str, holder: &[&str]) -> String {
    let mut command = command("trunkline", folder.path());
    let output = command.args(["key", "create"]).args(holder).env("DATABASE_URL", database).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

//! A simulator with a client that knows its account.

use reqwest::{Client, Method, RequestBuilder, header::HeaderMap};
use serde_json::Value;
use trunkline_twilio_sim::{AddressRequirements, Admin, NumberType, Simulator, SimulatorConfig};

pub(crate) const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
pub(crate) const TOKEN: &str = "a token for tests";

pub(crate) struct Bench {
    pub(crate) simulator: Simulator,
    pub(crate) admin: Admin,
    pub(crate) client: Client,
}

/// An answer, with `Null` for an empty body.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(SimulatorConfig::new(ACCOUNT, TOKEN)).await
    }

    pub(crate) async fn with(config: SimulatorConfig) -> Self {
        let simulator = Simulator::start(([127, 0, 0, 1], 0).into(), config).await.unwrap();
        let admin = simulator.admin();
        Self { simulator, admin, client: Client::builder().no_proxy().build().unwrap() }
    }

    /// A request to a resource of the account, such as `/Balance.json`.
    pub(crate) fn request(&self, method: Method, resource: &str) -> RequestBuilder {
        let url = format!("{}/2010-04-01/Accounts/{ACCOUNT}{resource}", self.simulator.url());
        self.client.request(method, url).basic_auth(ACCOUNT, Some(TOKEN))
    }

    /// A request to any path, with any credentials.
    pub(crate) fn request_as(
        &self,
        user: &str,
        password: &str,
        method: Method,
        path: &str,
    ) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.simulator.url()))
            .basic_auth(user, Some(password))
    }

    pub(crate) async fn get(&self, resource: &str) -> Reply {
        reply(self.request(Method::GET, resource)).await
    }

    pub(crate) async fn post(&self, resource: &str, form: &[(&str, &str)]) -> Reply {
        reply(self.request(Method::POST, resource).form(form)).await
    }

    pub(crate) async fn delete(&self, resource: &str) -> Reply {
        reply(self.request(Method::DELETE, resource)).await
    }

    /// The phone numbers that a search lists.
    pub(crate) async fn search(&self, query: &str) -> Vec<String> {
        let found = self.get(&format!("/AvailablePhoneNumbers/{query}")).await;
        assert_eq!(found.status, 200, "{:?}", found.body);
        texts(&found.body["available_phone_numbers"], "phone_number")
    }

    /// A number in stock that asks for an address so.
    pub(crate) fn number_requiring(&self, requirements: AddressRequirements) -> String {
        let numbers = self.admin.available("US", NumberType::Local);
        let found = numbers.into_iter().find(|number| number.address_requirements == requirements);
        found.expect("the stock has all kinds").phone_number
    }

    /// Makes an address in New York or in London, and tells its SID.
    pub(crate) async fn address(&self, country: &str) -> String {
        let place = match country {
            "US" => {
                [("Street", "1 Main St"), ("City", "New York"), ("Region", "NY"), ("PostalCode", "10001")]
            }
            _ => [
                ("Street", "10 The Mall"),
                ("City", "London"),
                ("Region", "London"),
                ("PostalCode", "SW1A 1AA"),
            ],
        };
        let form = [&place[..], &[("CustomerName", "A customer"), ("IsoCountry", country)]].concat();
        let made = self.post("/Addresses.json", &form).await;
        assert_eq!(made.status, 201, "{:?}", made.body);
        made.body["sid"].as_str().unwrap().to_owned()
    }

    /// Some number that an unconditional purchase gets.
    pub(crate) async fn any_number(&self) -> String {
        self.search("US/Local.json?PageSize=1").await.remove(0)
    }

    /// Buys a number, which must succeed.
    pub(crate) async fn buy(&self, phone_number: &str) -> Value {
        let bought = self.post("/IncomingPhoneNumbers.json", &[("PhoneNumber", phone_number)]).await;
        assert_eq!(bought.status, 201, "{:?}", bought.body);
        bought.body
    }

    /// The phone numbers that a list shows.
    pub(crate) async fn listed(&self, query: &str) -> Vec<String> {
        let list = self.get(&format!("/IncomingPhoneNumbers.json{query}")).await;
        assert_eq!(list.status, 200, "{:?}", list.body);
        texts(&list.body["incoming_phone_numbers"], "phone_number")
    }
}

impl Reply {
    /// Asserts a refusal with Twilio's body.
    #[track_caller]
    pub(crate) fn assert_refused(&self, status: u16, code: u32) {
        assert_eq!((self.status, &self.body["code"]), (status, &Value::from(code)), "{:?}", self.body);
        assert_eq!(self.body["status"], status);
        assert_eq!(self.body["more_info"], format!("https://www.twilio.com/docs/errors/{code}"));
        assert!(!self.message().is_empty());
    }

    pub(crate) fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }
}

pub(crate) async fn reply(request: RequestBuilder) -> Reply {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
    Reply { status, headers, body }
}

/// One field of every row.
pub(crate) fn texts(rows: &Value, field: &str) -> Vec<String> {
    let rows = rows.as_array().expect("a list");
    rows.iter().map(|row| row[field].as_str().expect(field).to_owned()).collect()
}

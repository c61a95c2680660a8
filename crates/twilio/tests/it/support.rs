//! What the tests share: a client of a server on this machine, and Twilio's answers.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value, json};
use trunkline_domain::{
    AccountSid, Country, NumberType, PhoneNumber, ProviderIdentity, RegulatoryIds, WebhookUrls,
};
use trunkline_provider::NumberPurchase;
use trunkline_twilio::{RetryPolicy, TwilioClient, TwilioConfig};
use url::Url;
use wiremock::matchers::{basic_auth, method, path};
use wiremock::{Mock, MockBuilder, MockServer, ResponseTemplate};

pub(crate) const ACCOUNT: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
pub(crate) const NUMBER_SID: &str = "PNbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
pub(crate) const NUMBER: &str = "+14152300101";
pub(crate) const TOKEN: &str = "a secret token";

/// Settings for a server on this machine: quick repeats, and time enough that no test depends on it.
pub(crate) fn config(base_url: &str) -> TwilioConfig {
    let mut config = TwilioConfig::new(account(), SecretString::from(TOKEN));
    config.base_url = Url::parse(base_url).unwrap();
    config.request_timeout = Duration::from_secs(30);
    config.retry =
        RetryPolicy { max_retries: 3, base: Duration::from_millis(1), cap: Duration::from_millis(1) };
    config
}

pub(crate) fn client(config: TwilioConfig) -> TwilioClient {
    TwilioClient::new(TwilioClient::http_client(&config).unwrap(), config)
}

pub(crate) fn client_of(server: &MockServer) -> TwilioClient {
    client(config(&server.uri()))
}

pub(crate) fn account() -> AccountSid {
    ACCOUNT.parse().unwrap()
}

pub(crate) fn identity() -> ProviderIdentity {
    ProviderIdentity { account: account(), number: NUMBER_SID.parse().unwrap() }
}

pub(crate) fn number() -> PhoneNumber {
    NUMBER.parse().unwrap()
}

pub(crate) fn purchase() -> NumberPurchase {
    NumberPurchase {
        phone_number: number(),
        country: Country::US,
        number_type: NumberType::Local,
        account: account(),
        friendly_name: "Front desk tl1:a:b".into(),
        webhooks: WebhookUrls {
            voice_url: Some("https://x.example/voice".into()),
            sms_url: Some("https://x.example/sms".into()),
            status_callback_url: Some("https://x.example/status".into()),
        },
        regulatory: RegulatoryIds::default(),
    }
}

/// A request with the right credentials, below the account.
pub(crate) fn expecting(verb: &str, resource: &str) -> MockBuilder {
    Mock::given(method(verb))
        .and(path(format!("/2010-04-01/Accounts/{ACCOUNT}/{resource}")))
        .and(basic_auth(ACCOUNT, TOKEN))
}

pub(crate) fn owned(phone_number: &str) -> Value {
    json!({
        "sid": NUMBER_SID,
        "account_sid": ACCOUNT,
        "phone_number": phone_number,
        "friendly_name": "Front desk tl1:a:b",
        "type": "local",
        "capabilities": {"voice": true, "sms": true, "mms": true, "fax": false},
        "voice_url": "https://x.example/voice",
        "sms_url": "https://x.example/sms",
        "status_callback": "https://x.example/status",
        "date_created": "Thu, 30 Jul 2015 23:19:04 +0000",
        "date_updated": "Thu, 30 Jul 2015 23:19:04 +0000",
    })
}

pub(crate) const DATE: &str = "Thu, 30 Jul 2015 23:19:05 GMT";

/// A page of owned numbers, with Twilio's clock.
pub(crate) fn page(rows: &[Value], next_page_uri: Option<&str>) -> ResponseTemplate {
    ResponseTemplate::new(200)
        .insert_header("Date", DATE)
        .set_body_json(json!({"incoming_phone_numbers": rows, "next_page_uri": next_page_uri}))
}

/// One of Twilio's error bodies.
pub(crate) fn refusal(status: u16, code: u32) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({
        "code": code,
        "message": format!("Twilio's sentence about {code}"),
        "more_info": format!("https://www.twilio.com/docs/errors/{code}"),
        "status": status,
    }))
}

/// The form fields of the only request that the server got.
pub(crate) async fn only_form(server: &MockServer) -> Vec<(String, String)> {
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    url::form_urlencoded::parse(&requests[0].body).into_owned().collect()
}

pub(crate) async fn request_count(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

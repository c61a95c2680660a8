//! What countries ask for, and the account's bundles.

use secrecy::SecretString;
use serde_json::{Value, json};
use trunkline_domain::{BundleStatus, Country, NumberType};
use trunkline_provider::{ProviderAccount, ProviderError};
use trunkline_twilio::Credentials;
use wiremock::matchers::{basic_auth, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::*;

async fn server_listing(resource: &str, number_type: &str, rows: &[Value]) -> MockServer {
    let server = MockServer::start().await;
    let page = format!("/v2/RegulatoryCompliance/{resource}");
    let next = format!("https://numbers.twilio.com{page}?IsoCountry=GB&Page=1");
    let answer = |rows: &[Value], next: Option<&str>| {
        ResponseTemplate::new(200).set_body_json(json!({
            "results": rows,
            "meta": {"page": 0, "page_size": 50, "next_page_url": next, "key": "results"},
        }))
    };
    Mock::given(method("GET"))
        .and(path(page.as_str()))
        .and(query_param("Page", "1"))
        .and(basic_auth(ACCOUNT, TOKEN))
        .respond_with(answer(rows, None))
        .with_priority(1)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path(page.as_str()))
        .and(query_param("IsoCountry", "GB"))
        .and(query_param("NumberType", number_type))
        .and(basic_auth(ACCOUNT, TOKEN))
        .respond_with(answer(&[], Some(&next)))
        .mount(&server)
        .await;
    server
}

fn bundle(status: &str, account: &str, valid_until: &Value) -> Value {
    json!({
        "sid": format!("BU{}", "a".repeat(32)),
        "account_sid": account,
        "regulation_sid": format!("RN{}", "a".repeat(32)),
        "friendly_name": "Bakery, GB mobile",
        "status": status,
        "valid_until": valid_until,
    })
}

#[tokio::test]
async fn bundles_come_with_status_country_and_type() {
    let rows = [
        bundle("twilio-approved", ACCOUNT, &json!("2020-07-31T01:00:00Z")),
        bundle("in-review", ACCOUNT, &json!(null)),
        bundle("twilio-approved", &format!("AC{}", "f".repeat(32)), &json!(null)),
        bundle("held-up", ACCOUNT, &json!(null)),
    ];
    let server = server_listing("Bundles", "mobile", &rows).await;
    let bundles = client_of(&server).bundles(Country::GB, NumberType::Mobile).await.unwrap();
    let statuses: Vec<_> = bundles.iter().map(|bundle| bundle.status.clone()).collect();
    assert_eq!(
        statuses,
        [BundleStatus::Approved, BundleStatus::InReview, BundleStatus::Other("held-up".into())]
    );
    assert_eq!(bundles[0].valid_until.unwrap().to_rfc3339(), "2020-07-31T01:00:00+00:00");
    assert!(bundles.iter().all(|bundle| bundle.country == Country::GB));
}

#[tokio::test]
async fn a_bundle_that_cannot_be_read_spoils_the_list() {
    let rows = [bundle("twilio-approved", ACCOUNT, &json!("next summer"))];
    let server = server_listing("Bundles", "toll-free", &rows).await;
    let bundles = client_of(&server).bundles(Country::GB, NumberType::TollFree).await;
    assert!(bundles.unwrap_err().may_have_happened());
}

#[tokio::test]
async fn a_parents_bundles_are_not_taken_for_the_subaccounts() {
    let server = MockServer::start().await;
    let mut config = config(&server.uri());
    config.credentials = Credentials::Parent {
        account_sid: format!("AC{}", "e".repeat(32)).parse().unwrap(),
        auth_token: SecretString::from("the parent's token"),
    };
    let error = client(config).bundles(Country::GB, NumberType::Mobile).await.unwrap_err();
    assert!(matches!(error, ProviderError::Refused { .. }), "{error:?}");
    assert_eq!(request_count(&server).await, 0);
}

#[tokio::test]
async fn regulations_say_what_they_ask_for() {
    let asking = json!({
        "friendly_name": "United Kingdom: Mobile - Business",
        "end_user_type": "business",
        "requirements": {
            "end_user": [{"name": "Business", "type": "business", "fields": ["business_name"]}],
            "supporting_document": [[{"name": "Proof of address", "accepted_documents": []}]],
        },
    });
    let asking_nothing = json!({"friendly_name": "x", "end_user_type": "individual", "requirements": null});
    let server = server_listing("Regulations", "mobile", &[asking, asking_nothing]).await;
    let regulations = client_of(&server).regulations(Country::GB, NumberType::Mobile).await.unwrap();
    assert_eq!(regulations[0].asks_for, ["Business", "Proof of address"]);
    assert_eq!(regulations[0].end_user, "business");
    assert!(regulations[1].asks_for.is_empty());
}

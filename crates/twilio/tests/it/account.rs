//! The account apart from its numbers: status, balance, addresses.

use serde_json::{Value, json};
use trunkline_domain::Country;
use trunkline_provider::{AccountState, ProviderAccount, ProviderError, Refusal};
use wiremock::matchers::{basic_auth, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::*;

async fn server_describing(account: Value) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path(format!("/2010-04-01/Accounts/{ACCOUNT}.json")))
        .and(basic_auth(ACCOUNT, TOKEN))
        .respond_with(ResponseTemplate::new(200).set_body_json(account))
        .mount(&server)
        .await;
    server
}

fn account_row(status: &str, kind: &str, owner: &str) -> Value {
    json!({
        "sid": ACCOUNT,
        "auth_token": "never to be read",
        "friendly_name": "Bakery",
        "status": status,
        "type": kind,
        "owner_account_sid": owner,
        "date_created": "Thu, 30 Jul 2015 20:00:00 +0000",
    })
}

#[tokio::test]
async fn an_account_says_whether_it_may_buy() {
    let parent = format!("AC{}", "c".repeat(32));
    let table = [
        (account_row("active", "Full", ACCOUNT), AccountState::Active, false, None),
        (account_row("suspended", "Trial", ACCOUNT), AccountState::Suspended, true, None),
        (account_row("closed", "Full", &parent), AccountState::Closed, false, Some(parent.clone())),
        (account_row("frozen", "Full", ACCOUNT), AccountState::Other("frozen".into()), false, None),
    ];
    for (row, state, trial, owner) in table {
        let server = server_describing(row).await;
        let status = client_of(&server).account_status().await.unwrap();
        assert_eq!((status.state.clone(), status.trial), (state, trial));
        assert_eq!(status.parent.clone().map(String::from), owner);
        assert_eq!((status.account.clone(), status.friendly_name.as_str()), (account(), "Bakery"));
        assert!(!format!("{status:?}").contains("never to be read"));
    }
}

#[tokio::test]
async fn an_answer_that_is_no_account_is_none() {
    let server = server_describing(json!({"sid": "x"})).await;
    let mut config = config(&server.uri());
    config.retry.max_retries = 0;
    assert!(client(config).account_status().await.unwrap_err().may_have_happened());
}

#[tokio::test]
async fn a_balance_is_exact_money() {
    for (text, expected) in [("0.05", "0.05 USD"), ("-3.1415", "-3.1415 USD"), ("100", "100.00 USD")] {
        let server = MockServer::start().await;
        let body = json!({"account_sid": ACCOUNT, "balance": text, "currency": "USD"});
        expecting("GET", "Balance.json")
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&server)
            .await;
        assert_eq!(client_of(&server).balance().await.unwrap().to_string(), expected);
    }
}

fn address(sid: char, country: &str, validated: &Value) -> Value {
    json!({
        "sid": format!("AD{}", String::from(sid).repeat(32)),
        "account_sid": ACCOUNT,
        "customer_name": "Bakery",
        "city": "Leeds",
        "iso_country": country,
        "validated": validated,
        "verified": false,
    })
}

fn addresses(rows: &[Value], next: Option<&str>) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"addresses": rows, "next_page_uri": next}))
}

#[tokio::test]
async fn addresses_are_read_to_the_last_page() {
    let server = MockServer::start().await;
    let next = format!("/2010-04-01/Accounts/{ACCOUNT}/Addresses.json?PageSize=1000&Page=1");
    expecting("GET", "Addresses.json")
        .and(query_param_is_missing("Page"))
        .respond_with(addresses(&[address('a', "GB", &json!(true))], Some(&next)))
        .mount(&server)
        .await;
    expecting("GET", "Addresses.json")
        .and(query_param("Page", "1"))
        .respond_with(addresses(&[address('b', "??", &json!(null))], None))
        .mount(&server)
        .await;
    let found = client_of(&server).addresses().await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].country, found[0].validated), (Some(Country::GB), true));
    assert_eq!((found[1].country, found[1].validated), (None, false));
    assert_eq!((found[0].city.as_str(), found[0].customer_name.as_str()), ("Leeds", "Bakery"));
}

#[tokio::test]
async fn addresses_are_whole_or_an_error() {
    let no_end = ResponseTemplate::new(200).set_body_json(json!({"addresses": []}));
    let no_rows = ResponseTemplate::new(200).set_body_json(json!({"next_page_uri": null}));
    let elsewhere = addresses(&[], Some("/2010-04-01/Accounts/ACother/Addresses.json?Page=1"));
    let unreadable = addresses(&[json!({"sid": "AD1"})], None);
    for answer in [no_end, no_rows, elsewhere, unreadable, ResponseTemplate::new(200), refusal(500, 20500)] {
        let server = MockServer::start().await;
        expecting("GET", "Addresses.json").respond_with(answer).mount(&server).await;
        let mut config = config(&server.uri());
        config.retry.max_retries = 0;
        assert!(client(config).addresses().await.unwrap_err().may_have_happened());
        assert_eq!(request_count(&server).await, 1);
    }
}

#[tokio::test]
async fn test_credentials_may_not_read() {
    let server = MockServer::start().await;
    expecting("GET", "Balance.json").respond_with(refusal(403, 20008)).mount(&server).await;
    let error = client_of(&server).balance().await.unwrap_err();
    assert!(matches!(error, ProviderError::Refused { reason: Refusal::TestCredentials, .. }), "{error:?}");
}

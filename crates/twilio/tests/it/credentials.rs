//! Logging in: with the account's token, with an API key, and from the account above.

use secrecy::SecretString;
use trunkline_provider::{NumberProvider, ProviderAccount, ProviderError};
use trunkline_twilio::Credentials;
use wiremock::matchers::{basic_auth, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::*;

/// A server that accepts one login, for one account's paths.
async fn server_for(name: &str, secret: &str) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path(format!("/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers/Local.json")))
        .and(basic_auth(name, secret))
        .respond_with(ResponseTemplate::new(201).set_body_json(owned(NUMBER)))
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn an_api_key_logs_in_and_the_account_stays_in_the_path() {
    let key = format!("SK{}", "d".repeat(32));
    let server = server_for(&key, "the key's secret").await;
    let mut config = config(&server.uri());
    config.credentials =
        Credentials::ApiKey { sid: key.parse().unwrap(), secret: SecretString::from("the key's secret") };
    assert!(client(config).buy(&purchase()).await.is_ok());
}

#[tokio::test]
async fn a_parent_logs_in_and_the_subaccount_stays_in_the_path() {
    let parent = format!("AC{}", "e".repeat(32));
    let server = server_for(&parent, "the parent's token").await;
    let mut config = config(&server.uri());
    config.credentials = Credentials::Parent {
        account_sid: parent.parse().unwrap(),
        auth_token: SecretString::from("the parent's token"),
    };
    assert!(client(config).buy(&purchase()).await.is_ok());
}

#[tokio::test]
async fn credentials_are_checked_by_a_read_that_tells_the_time() {
    let server = MockServer::start().await;
    expecting("GET", "IncomingPhoneNumbers.json")
        .and(query_param("PageSize", "1"))
        .respond_with(page(&[], None))
        .mount(&server)
        .await;
    let time = client_of(&server).check_credentials().await.unwrap();
    assert_eq!(time.to_rfc3339(), "2015-07-30T23:19:05+00:00");
}

#[tokio::test]
async fn wrong_credentials_are_said_to_be_wrong() {
    let server = MockServer::start().await;
    expecting("GET", "IncomingPhoneNumbers.json").respond_with(refusal(401, 20003)).mount(&server).await;
    let error = client_of(&server).check_credentials().await.unwrap_err();
    assert!(matches!(error, ProviderError::Unauthorized { code: Some(20003) }), "{error:?}");
}

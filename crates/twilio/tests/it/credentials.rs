//! Logging in: with the account's token, with an API key, and from the account above.

use rstest::rstest;
use secrecy::SecretString;
use trunkline_provider::{NumberProvider, ProviderAccount, ProviderError};
use trunkline_twilio::{Credentials, TwilioConfig};
use wiremock::matchers::{any, basic_auth, method, path, query_param};
use wiremock::{Match, Mock, MockServer, ResponseTemplate};

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

/// What the account's owner sees while they change the token: the first is refused, the second is taken.
async fn server_for_the_second_token(refused: ResponseTemplate) -> (MockServer, TwilioConfig) {
    let server = server_for(ACCOUNT, "the second token").await;
    Mock::given(any()).and(basic_auth(ACCOUNT, TOKEN)).respond_with(refused).mount(&server).await;
    let mut config = config(&server.uri());
    config.secondary_auth_token = Some(SecretString::from("the second token"));
    (server, config)
}

/// With which token each purchase came.
async fn tokens_seen(server: &MockServer) -> Vec<&'static str> {
    let requests = server.received_requests().await.unwrap();
    let named = |request: &wiremock::Request| {
        let known = [("first", TOKEN), ("second", "the second token")];
        known.into_iter().find(|(_, secret)| basic_auth(ACCOUNT, *secret).matches(request)).unwrap().0
    };
    requests.iter().map(named).collect()
}

/// A refused login certainly did nothing, so a purchase may be sent with the other token.
#[tokio::test]
async fn a_purchase_that_the_first_token_is_refused_is_made_with_the_second() {
    let (server, config) = server_for_the_second_token(refusal(401, 20003)).await;
    assert!(client(config).buy(&purchase()).await.is_ok());
    assert_eq!(tokens_seen(&server).await, ["first", "second"]);
}

#[tokio::test]
async fn each_token_is_tried_once_and_the_refusal_is_told() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(refusal(401, 20003)).mount(&server).await;
    let mut config = config(&server.uri());
    config.secondary_auth_token = Some(SecretString::from("the second token"));
    let error = client(config).buy(&purchase()).await.unwrap_err();
    assert!(matches!(error, ProviderError::Unauthorized { code: Some(20003) }), "{error:?}");
    assert_eq!(tokens_seen(&server).await, ["first", "second"]);
}

/// A rate limit after the change of tokens is waited for with the token that was taken.
#[tokio::test]
async fn a_repeat_stays_with_the_token_that_was_taken() {
    let (server, config) = server_for_the_second_token(refusal(401, 20003)).await;
    Mock::given(any())
        .and(basic_auth(ACCOUNT, "the second token"))
        .respond_with(refusal(429, 20429))
        .up_to_n_times(1)
        .with_priority(1)
        .mount(&server)
        .await;
    assert!(client(config).buy(&purchase()).await.is_ok());
    assert_eq!(tokens_seen(&server).await, ["first", "second", "second"]);
}

/// What may have happened is never sent again, and neither is what the first token was understood to mean.
#[rstest]
#[case::a_proxys_401(ResponseTemplate::new(401).set_body_string("who are you?"))]
#[case::a_server_error(refusal(500, 20500))]
#[case::no_permission(refusal(403, 20003))]
#[case::a_refused_number(refusal(400, 21422))]
#[tokio::test]
async fn only_a_certain_refusal_of_the_login_brings_the_second_token(#[case] refused: ResponseTemplate) {
    let (server, config) = server_for_the_second_token(refused).await;
    assert!(client(config).buy(&purchase()).await.is_err());
    assert_eq!(tokens_seen(&server).await, ["first"]);
}

#[tokio::test]
async fn a_first_token_that_is_taken_is_the_only_one_sent() {
    let server = server_for(ACCOUNT, TOKEN).await;
    let mut config = config(&server.uri());
    config.secondary_auth_token = Some(SecretString::from("the second token"));
    assert!(client(config).buy(&purchase()).await.is_ok());
    assert_eq!(tokens_seen(&server).await, ["first"]);
}

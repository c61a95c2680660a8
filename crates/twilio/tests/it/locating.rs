//! Locating a number that was moved: "nowhere" only when every account has said so.

use rstest::rstest;
use secrecy::SecretString;
use serde_json::json;
use trunkline_domain::AccountSid;
use trunkline_provider::{NumberProvider, ProviderError};
use trunkline_twilio::Credentials;
use wiremock::matchers::{basic_auth, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::*;

fn sibling(digit: char) -> AccountSid {
    format!("AC{}", digit.to_string().repeat(32)).parse().unwrap()
}

fn accounts(sids: &[AccountSid], next_page_uri: Option<&str>) -> ResponseTemplate {
    let rows: Vec<_> = sids.iter().map(|sid| json!({ "sid": sid, "status": "active" })).collect();
    ResponseTemplate::new(200).set_body_json(json!({ "accounts": rows, "next_page_uri": next_page_uri }))
}

/// A server whose list of accounts is this.
async fn listing(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/2010-04-01/Accounts.json"))
        .and(query_param("Status", "active"))
        .and(basic_auth(ACCOUNT, TOKEN))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

/// An account's answer to the question whether it has the number.
async fn answering(server: &MockServer, account: &AccountSid, answer: ResponseTemplate) {
    Mock::given(method("GET"))
        .and(path(format!("/2010-04-01/Accounts/{account}/IncomingPhoneNumbers/{NUMBER_SID}.json")))
        .respond_with(answer)
        .mount(server)
        .await;
}

fn moved_here() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(owned(NUMBER))
}

async fn located(server: &MockServer) -> Result<Option<AccountSid>, ProviderError> {
    client_of(server).locate(&identity()).await
}

#[tokio::test]
async fn the_account_that_has_it_is_found_among_all() {
    let server = listing(accounts(&[account(), sibling('1'), sibling('2')], None)).await;
    answering(&server, &sibling('1'), refusal(404, 20404)).await;
    answering(&server, &sibling('2'), moved_here()).await;
    assert_eq!(located(&server).await.unwrap(), Some(sibling('2')));
}

#[tokio::test]
async fn an_account_of_the_second_page_is_asked_too() {
    let server = MockServer::start().await;
    let list = || Mock::given(method("GET")).and(path("/2010-04-01/Accounts.json"));
    list().and(query_param("Page", "1")).respond_with(accounts(&[sibling('2')], None)).mount(&server).await;
    let first = accounts(&[account(), sibling('1')], Some("/2010-04-01/Accounts.json?Page=1"));
    list().respond_with(first).mount(&server).await;
    answering(&server, &sibling('1'), refusal(404, 20404)).await;
    answering(&server, &sibling('2'), moved_here()).await;
    assert_eq!(located(&server).await.unwrap(), Some(sibling('2')));
}

#[rstest]
#[case::every_one_says_no(accounts(&[account(), sibling('1')], None))]
#[case::there_is_no_other(accounts(&[account()], None))]
#[case::who_may_not_list_reaches_no_other(refusal(401, 20003))]
#[tokio::test]
async fn it_is_nowhere(#[case] list: ResponseTemplate) {
    let server = listing(list).await;
    answering(&server, &sibling('1'), refusal(404, 20404)).await;
    assert_eq!(located(&server).await.unwrap(), None);
}

#[rstest]
#[case::no_list(refusal(500, 20500), refusal(404, 20404))]
#[case::half_a_list(accounts(&[], Some("//evil.example/")), refusal(404, 20404))]
#[case::one_does_not_answer(accounts(&[sibling('1'), sibling('2')], None), refusal(503, 20503))]
#[case::one_may_not_be_asked(accounts(&[sibling('1'), sibling('2')], None), refusal(403, 20005))]
#[tokio::test]
async fn a_question_without_an_answer_is_an_error(
    #[case] list: ResponseTemplate,
    #[case] second: ResponseTemplate,
) {
    let server = listing(list).await;
    answering(&server, &sibling('1'), refusal(404, 20404)).await;
    answering(&server, &sibling('2'), second).await;
    located(&server).await.unwrap_err();
}

#[tokio::test]
async fn an_api_key_reaches_one_account_and_asks_nobody() {
    let server = MockServer::start().await;
    let mut config = config(&server.uri());
    let sid = format!("SK{}", "d".repeat(32)).parse().unwrap();
    config.credentials = Credentials::ApiKey { sid, secret: SecretString::from("the key's secret") };
    assert_eq!(client(config).locate(&identity()).await.unwrap(), None);
    assert_eq!(request_count(&server).await, 0);
}

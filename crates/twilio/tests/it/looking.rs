//! Looking for one number, and fetching one by id: what counts as absent.

use rstest::rstest;
use serde_json::{Value, json};
use trunkline_provider::{NumberProvider, ProviderError, Sighting};
use wiremock::matchers::{query_param, query_param_is_missing};
use wiremock::{MockServer, ResponseTemplate};

use crate::support::*;

async fn look_answered(answer: ResponseTemplate) -> Result<Sighting, ProviderError> {
    let server = MockServer::start().await;
    expecting("GET", "IncomingPhoneNumbers.json")
        .and(query_param("PhoneNumber", NUMBER))
        .respond_with(answer)
        .mount(&server)
        .await;
    let mut config = config(&server.uri());
    config.retry.max_retries = 0;
    client(config).look(&number()).await
}

#[tokio::test]
async fn the_filter_is_partial_so_only_the_exact_number_is_seen() {
    let longer = owned("+141523001011");
    let sighting = look_answered(page(&[longer.clone(), owned(NUMBER)], None)).await.unwrap();
    assert_eq!(sighting.number.unwrap().phone_number, number());
    assert_eq!(sighting.provider_time.to_rfc3339(), "2015-07-30T23:19:05+00:00");

    let sighting = look_answered(page(&[longer, owned("+14152300102")], None)).await.unwrap();
    assert_eq!(sighting.number, None);
}

#[tokio::test]
async fn every_page_is_read_before_a_number_is_absent() {
    let server = MockServer::start().await;
    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers.json");
    let next = format!("{path}?PhoneNumber=%2B14152300101&Page=1&PageToken=PAx");
    expecting("GET", "IncomingPhoneNumbers.json")
        .and(query_param_is_missing("PageToken"))
        .respond_with(page(&[owned("+14152300102")], Some(&next)))
        .mount(&server)
        .await;
    expecting("GET", "IncomingPhoneNumbers.json")
        .and(query_param("PageToken", "PAx"))
        .respond_with(page(&[owned(NUMBER)], None))
        .mount(&server)
        .await;
    assert!(client_of(&server).look(&number()).await.unwrap().number.is_some());
}

#[rstest]
#[case::without_date(page(&[], None).insert_header("Date", "yesterday"))]
#[case::without_the_list(ResponseTemplate::new(200).insert_header("Date", DATE).set_body_json(json!({"next_page_uri": null})))]
#[case::without_its_end(ResponseTemplate::new(200).insert_header("Date", DATE).set_body_json(json!({"incoming_phone_numbers": []})))]
#[case::html(ResponseTemplate::new(200).insert_header("Date", DATE).set_body_string("<html>"))]
#[case::another_host(page(&[], Some("https://evil.example/2010-04-01/Accounts/x/IncomingPhoneNumbers.json")))]
#[case::another_host_without_scheme(page(&[], Some("//evil.example/x")))]
#[case::another_account(page(&[], Some("/2010-04-01/Accounts/ACother/IncomingPhoneNumbers.json?Page=1")))]
#[case::server_error(refusal(500, 20500))]
#[case::not_twilios(ResponseTemplate::new(404))]
#[tokio::test]
async fn an_incomplete_answer_is_no_absence(#[case] answer: ResponseTemplate) {
    let outcome = look_answered(answer).await;
    assert!(matches!(outcome, Err(ProviderError::OutcomeUnknown { .. })), "{outcome:?}");
}

#[tokio::test]
async fn pages_without_an_end_are_no_absence() {
    let next =
        format!("/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers.json?PhoneNumber=%2B14152300101&Page=1");
    let outcome = look_answered(page(&[], Some(&next))).await;
    assert!(matches!(outcome, Err(ProviderError::OutcomeUnknown { .. })), "{outcome:?}");
}

fn with(field: &str, value: Value) -> Value {
    let mut row = owned(NUMBER);
    row[field] = value;
    row
}

#[rstest]
#[case(with("sid", json!("PN1")))]
#[case(with("account_sid", json!(null)))]
#[case(with("phone_number", json!(null)))]
#[case(with("phone_number", json!("+1 415 230-0101 x")))]
#[case(with("date_created", json!("2015-07-30")))]
#[tokio::test]
async fn a_row_that_may_be_the_number_must_be_readable(#[case] row: Value) {
    let readable_after_all = row["phone_number"] == json!("+1 415 230-0101 x");
    let outcome = look_answered(page(&[row], None)).await;
    match outcome {
        Ok(sighting) => assert!(readable_after_all && sighting.number.is_some()),
        Err(error) => assert!(error.may_have_happened(), "{error:?}"),
    }
}

async fn fetch_answered(answer: ResponseTemplate) -> Result<bool, ProviderError> {
    let server = MockServer::start().await;
    expecting("GET", &format!("IncomingPhoneNumbers/{NUMBER_SID}.json"))
        .respond_with(answer)
        .mount(&server)
        .await;
    let mut config = config(&server.uri());
    config.retry.max_retries = 0;
    Ok(client(config).fetch(&identity()).await?.is_some())
}

#[tokio::test]
async fn a_number_is_fetched_by_id() {
    assert!(fetch_answered(ResponseTemplate::new(200).set_body_json(owned(NUMBER))).await.unwrap());
    assert!(!fetch_answered(refusal(404, 20404)).await.unwrap());
    for unclear in
        [ResponseTemplate::new(404), refusal(404, 20001), refusal(500, 20500), ResponseTemplate::new(200)]
    {
        assert!(fetch_answered(unclear).await.unwrap_err().may_have_happened());
    }
}

/// The credentials go with every page, so a page elsewhere is never asked for, not even for the path alone.
#[tokio::test]
async fn a_next_page_outside_the_account_is_not_asked_for() {
    let account = format!("/2010-04-01/Accounts/{ACCOUNT}");
    for next in [
        "https://evil.example/x".to_owned(),
        "//evil.example/x".to_owned(),
        "/2010-04-01/Accounts/ACother/IncomingPhoneNumbers.json?Page=1".to_owned(),
        format!("{account}/../ACother/IncomingPhoneNumbers.json"),
        format!("{account}/%2e%2e/ACother/IncomingPhoneNumbers.json"),
        format!("@evil.example{account}/IncomingPhoneNumbers.json"),
    ] {
        let server = MockServer::start().await;
        expecting("GET", "IncomingPhoneNumbers.json")
            .respond_with(page(&[], Some(&next)))
            .mount(&server)
            .await;
        let error = client_of(&server).look(&number()).await.unwrap_err();
        assert!(error.may_have_happened(), "{next}: {error:?}");
        assert_eq!(request_count(&server).await, 1, "{next}");
    }
}

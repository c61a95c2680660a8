//! Rate limits, repeats, deadlines and shares.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use trunkline_domain::{Country, NumberType};
use trunkline_provider::{NumberProvider, ProviderError, ReleaseAnswer, SearchQuery};
use wiremock::{MockServer, Request, ResponseTemplate};

use crate::support::*;

/// Answers 429 so many times, and then as a success.
fn limited(times: usize, then: ResponseTemplate) -> impl Fn(&Request) -> ResponseTemplate {
    let seen = AtomicUsize::new(0);
    move |_: &Request| {
        if seen.fetch_add(1, Ordering::SeqCst) < times { refusal(429, 20429) } else { then.clone() }
    }
}

#[tokio::test]
async fn a_rate_limit_was_never_processed_so_a_purchase_is_sent_again() {
    let server = MockServer::start().await;
    let bought = ResponseTemplate::new(201).set_body_json(owned(NUMBER));
    expecting("POST", "IncomingPhoneNumbers/Local.json")
        .respond_with(limited(2, bought))
        .mount(&server)
        .await;
    assert!(client_of(&server).buy(&purchase()).await.is_ok());
    assert_eq!(request_count(&server).await, 3);
}

#[tokio::test]
async fn a_rate_limited_release_is_sent_again() {
    let server = MockServer::start().await;
    expecting("DELETE", &format!("IncomingPhoneNumbers/{NUMBER_SID}.json"))
        .respond_with(limited(1, ResponseTemplate::new(204)))
        .mount(&server)
        .await;
    assert_eq!(client_of(&server).release(&identity()).await.unwrap(), ReleaseAnswer::Released);
    assert_eq!(request_count(&server).await, 2);
}

#[tokio::test]
async fn a_lasting_rate_limit_ends_as_not_done_with_twilios_wait() {
    let server = MockServer::start().await;
    let limit = refusal(429, 20429).insert_header("Retry-After", "60");
    expecting("POST", "IncomingPhoneNumbers/Local.json").respond_with(limit).mount(&server).await;
    let error = client_of(&server).buy(&purchase()).await.unwrap_err();
    // A minute is longer than the call has, so it is not waited for.
    assert_eq!(request_count(&server).await, 1);
    match error {
        ProviderError::Unavailable { retry_after, .. } => {
            assert_eq!(retry_after, Some(Duration::from_mins(1)));
        }
        other => panic!("not unavailable: {other:?}"),
    }
}

#[tokio::test]
async fn repeats_are_bounded() {
    let server = MockServer::start().await;
    expecting("POST", "IncomingPhoneNumbers/Local.json")
        .respond_with(refusal(429, 20429))
        .mount(&server)
        .await;
    let error = client_of(&server).buy(&purchase()).await.unwrap_err();
    assert!(matches!(error, ProviderError::Unavailable { retry_after: None, .. }), "{error:?}");
    assert_eq!(request_count(&server).await, 4);
}

#[tokio::test]
async fn a_read_is_repeated_after_a_server_error_and_a_change_is_not() {
    let server = MockServer::start().await;
    let seen = AtomicUsize::new(0);
    expecting("GET", "IncomingPhoneNumbers.json")
        .respond_with(move |_: &Request| {
            if seen.fetch_add(1, Ordering::SeqCst) == 0 { refusal(503, 20503) } else { page(&[], None) }
        })
        .mount(&server)
        .await;
    assert!(client_of(&server).look(&number()).await.unwrap().number.is_none());
    assert_eq!(request_count(&server).await, 2);

    let server = MockServer::start().await;
    expecting("DELETE", &format!("IncomingPhoneNumbers/{NUMBER_SID}.json"))
        .respond_with(refusal(503, 20503))
        .mount(&server)
        .await;
    assert!(client_of(&server).release(&identity()).await.unwrap_err().may_have_happened());
    assert_eq!(request_count(&server).await, 1);
}

/// Searches that are never answered take their whole share; a purchase has its own.
#[tokio::test]
async fn searching_does_not_hold_up_a_purchase() {
    let server = MockServer::start().await;
    expecting("GET", "AvailablePhoneNumbers/US/Local.json")
        .respond_with(ResponseTemplate::new(200).set_delay(Duration::from_mins(10)))
        .mount(&server)
        .await;
    expecting("POST", "IncomingPhoneNumbers/Local.json")
        .respond_with(ResponseTemplate::new(201).set_body_json(owned(NUMBER)))
        .mount(&server)
        .await;
    let mut config = config(&server.uri());
    (config.max_concurrent_reads, config.max_concurrent_writes) = (1, 1);
    let client = Arc::new(client(config));
    let search = {
        let client = Arc::clone(&client);
        tokio::spawn(async move { client.search(&SearchQuery::new(Country::US, NumberType::Local)).await })
    };
    while request_count(&server).await == 0 {
        tokio::task::yield_now().await;
    }
    assert!(client.buy(&purchase()).await.is_ok());
    search.abort();
}

/// Where every place is taken until half of the time is gone, nothing was sent, and that is certain.
#[tokio::test]
async fn a_call_without_a_place_is_not_sent() {
    let server = MockServer::start().await;
    expecting("GET", "AvailablePhoneNumbers/US/Local.json")
        .respond_with(ResponseTemplate::new(200).set_delay(Duration::from_mins(10)))
        .mount(&server)
        .await;
    let mut config = config(&server.uri());
    config.max_concurrent_reads = 1;
    config.request_timeout = Duration::from_millis(400);
    let client = client(config);
    let query = SearchQuery::new(Country::US, NumberType::Local);
    let (first, second) = tokio::join!(client.search(&query), client.search(&query));
    assert!(first.unwrap_err().may_have_happened());
    assert!(matches!(second, Err(ProviderError::Unavailable { .. })), "{second:?}");
    assert!(request_count(&server).await <= 1);
}

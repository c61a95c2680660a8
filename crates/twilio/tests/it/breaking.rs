//! The circuit breaker between the client and Twilio: what trips it, and what it leaves alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use trunkline_domain::{Country, NumberType};
use trunkline_provider::{NumberProvider, ProviderError, SearchQuery};
use trunkline_twilio::{BreakerPolicy, TwilioClient};
use wiremock::{MockServer, Request, ResponseTemplate};

use crate::support::*;

const OUTAGES: u32 = 3;

fn client_with_breaker(server: &MockServer, open_for: Duration) -> TwilioClient {
    let mut config = config(&server.uri());
    config.retry.max_retries = 0;
    config.breaker = BreakerPolicy { outages: OUTAGES, open_for };
    client(config)
}

fn query() -> SearchQuery {
    SearchQuery::new(Country::US, NumberType::Local)
}

async fn answering(verb: &str, resource: &str, answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    expecting(verb, resource).respond_with(answer).mount(&server).await;
    server
}

#[tokio::test]
async fn an_outage_stops_what_is_sent_and_says_when_to_come_again() {
    let server = answering("GET", "AvailablePhoneNumbers/US/Local.json", refusal(503, 20503)).await;
    expecting("POST", "IncomingPhoneNumbers/Local.json")
        .respond_with(ResponseTemplate::new(201).set_body_json(owned(NUMBER)))
        .mount(&server)
        .await;
    let client = client_with_breaker(&server, Duration::from_mins(10));
    for _ in 0..OUTAGES {
        assert!(client.search(&query()).await.unwrap_err().may_have_happened());
    }
    match client.search(&query()).await.unwrap_err() {
        ProviderError::Unavailable { retry_after: Some(wait), .. } => {
            assert!(wait <= Duration::from_mins(10) && wait > Duration::from_mins(9));
        }
        other => panic!("not unavailable: {other:?}"),
    }
    assert_eq!(request_count(&server).await, 3);
    // Purchases are a family of their own.
    assert!(client.buy(&purchase()).await.is_ok());
}

#[tokio::test]
async fn an_open_breaker_holds_a_purchase_back_for_certain() {
    let server = answering("POST", "IncomingPhoneNumbers/Local.json", refusal(500, 20500)).await;
    let client = client_with_breaker(&server, Duration::from_mins(10));
    for _ in 0..OUTAGES {
        assert!(client.buy(&purchase()).await.unwrap_err().may_have_happened());
    }
    let error = client.buy(&purchase()).await.unwrap_err();
    assert!(matches!(error, ProviderError::Unavailable { .. }), "{error:?}");
    assert_eq!(request_count(&server).await, 3);
}

#[tokio::test]
async fn refusals_and_rate_limits_never_trip_it() {
    for answer in [
        refusal(400, 21422),
        refusal(401, 20003),
        refusal(404, 20404),
        refusal(409, 20409),
        refusal(429, 20429),
        ResponseTemplate::new(403),
    ] {
        let server = answering("POST", "IncomingPhoneNumbers/Local.json", answer).await;
        let client = client_with_breaker(&server, Duration::from_mins(10));
        for _ in 0..OUTAGES * 3 {
            assert!(client.buy(&purchase()).await.is_err());
        }
        assert_eq!(request_count(&server).await, 9);
    }
}

#[tokio::test]
async fn a_call_that_gets_through_closes_it() {
    let server = MockServer::start().await;
    let down = Arc::new(AtomicBool::new(true));
    let is_down = Arc::clone(&down);
    expecting("GET", "IncomingPhoneNumbers.json")
        .respond_with(
            move |_: &Request| {
                if is_down.load(Ordering::SeqCst) { refusal(500, 20500) } else { page(&[], None) }
            },
        )
        .mount(&server)
        .await;
    let client = client_with_breaker(&server, Duration::ZERO);
    for _ in 0..OUTAGES * 2 {
        assert!(client.look(&number()).await.is_err());
    }
    down.store(false, Ordering::SeqCst);
    for _ in 0..OUTAGES {
        assert!(client.look(&number()).await.is_ok());
    }
}

//! Searching: Twilio's rows as hits, and what a country does not have.

use serde_json::{Value, json};
use trunkline_domain::{Capabilities, Country, NumberType};
use trunkline_provider::{AddressRequirement, NumberProvider, ProviderError, Refusal, SearchQuery};
use wiremock::matchers::query_param;
use wiremock::{MockServer, ResponseTemplate};

use crate::support::*;

fn available(phone_number: &str, iso_country: &str) -> Value {
    json!({
        "friendly_name": "(415) 230-0101",
        "phone_number": phone_number,
        "lata": "722",
        "locality": "San Francisco",
        "rate_center": "SNFC CNTRL",
        "latitude": "37.780000",
        "longitude": "-122.420000",
        "region": "CA",
        "postal_code": null,
        "iso_country": iso_country,
        "address_requirements": "any",
        "beta": false,
        "capabilities": {"voice": true, "SMS": true, "MMS": false},
    })
}

fn found(rows: &[Value]) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"available_phone_numbers": rows, "uri": "/x"}))
}

#[tokio::test]
async fn hits_come_as_the_port_has_them() {
    let server = MockServer::start().await;
    expecting("GET", "AvailablePhoneNumbers/US/Local.json")
        .and(query_param("AreaCode", "415"))
        .and(query_param("PageSize", "2"))
        .respond_with(found(&[
            json!("not a row"),
            available("+16042300101", "CA"),
            available("+10000000000", "US"),
            available(NUMBER, "US"),
            available("+14152300102", "US"),
            available("+14152300103", "US"),
        ]))
        .mount(&server)
        .await;
    let mut query = SearchQuery::new(Country::US, NumberType::Local);
    (query.area_code, query.limit) = (Some("415".into()), 2);
    let hits = client_of(&server).search(&query).await.unwrap();
    assert_eq!(hits.len(), 2);
    assert_eq!(hits[0].phone_number, number());
    assert_eq!(hits[0].friendly_name, "(415) 230-0101");
    assert_eq!(hits[0].locality.as_deref(), Some("San Francisco"));
    assert_eq!(hits[0].address_requirement, AddressRequirement::Any);
    assert_eq!(hits[0].capabilities, Capabilities { voice: true, sms: true, mms: false, fax: false });
}

fn hits(count: u32, from: u32, next: Option<&str>) -> ResponseTemplate {
    let rows: Vec<_> = (from..from + count).map(|n| available(&format!("+1415230{n:04}"), "US")).collect();
    ResponseTemplate::new(200)
        .set_body_json(json!({"available_phone_numbers": rows, "uri": "/x", "next_page_uri": next}))
}

/// A server that gives 30 hits a page, and names the next page with the link.
async fn server_of_pages(link: &str, second: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    expecting("GET", "AvailablePhoneNumbers/US/Local.json")
        .and(query_param("Page", "1"))
        .respond_with(second)
        .with_priority(1)
        .mount(&server)
        .await;
    expecting("GET", "AvailablePhoneNumbers/US/Local.json")
        .and(query_param("PageSize", "50"))
        .respond_with(hits(30, 1000, Some(link)))
        .mount(&server)
        .await;
    server
}

fn fifty() -> SearchQuery {
    SearchQuery { limit: 50, ..SearchQuery::new(Country::US, NumberType::Local) }
}

#[tokio::test]
async fn a_further_page_is_read_where_the_answer_names_one() {
    let link =
        format!("/2010-04-01/Accounts/{ACCOUNT}/AvailablePhoneNumbers/US/Local.json?PageSize=50&Page=1");
    let server = server_of_pages(&link, hits(30, 2000, Some(&link))).await;
    assert_eq!(client_of(&server).search(&fifty()).await.unwrap().len(), 50);
    assert_eq!(request_count(&server).await, 2);
}

#[tokio::test]
async fn a_further_page_that_fails_leaves_the_hits_of_the_first() {
    let link =
        format!("/2010-04-01/Accounts/{ACCOUNT}/AvailablePhoneNumbers/US/Local.json?PageSize=50&Page=1");
    let server = server_of_pages(&link, refusal(400, 20007)).await;
    assert_eq!(client_of(&server).search(&fifty()).await.unwrap().len(), 30);
    assert_eq!(request_count(&server).await, 2);
}

#[tokio::test]
async fn a_page_elsewhere_is_not_read() {
    let link = format!("/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers.json?Page=1");
    let server = server_of_pages(&link, hits(30, 2000, None)).await;
    assert_eq!(client_of(&server).search(&fifty()).await.unwrap().len(), 30);
    assert_eq!(request_count(&server).await, 1);
}

#[tokio::test]
async fn a_prefix_is_kept_although_the_pattern_is_the_clients() {
    let server = MockServer::start().await;
    expecting("GET", "AvailablePhoneNumbers/GB/Local.json")
        .and(query_param("Contains", "777"))
        .and(query_param("PageSize", "1000"))
        .respond_with(found(&[available("+442077770018", "GB"), available("+441617770018", "GB")]))
        .mount(&server)
        .await;
    let mut query = SearchQuery::new(Country::GB, NumberType::Local);
    (query.area_code, query.contains) = (Some("0161".into()), Some("777".into()));
    let hits = client_of(&server).search(&query).await.unwrap();
    assert_eq!(hits.len(), 1);
    assert_eq!(hits[0].phone_number.as_str(), "+441617770018");
}

#[tokio::test]
async fn a_type_that_the_country_has_not_is_said() {
    let server = MockServer::start().await;
    expecting("GET", "AvailablePhoneNumbers/US/Mobile.json")
        .respond_with(refusal(404, 20404))
        .mount(&server)
        .await;
    let query = SearchQuery::new(Country::US, NumberType::Mobile);
    let error = client_of(&server).search(&query).await.unwrap_err();
    assert!(matches!(error, ProviderError::Refused { reason: Refusal::TypeNotOffered, .. }), "{error:?}");
}

#[tokio::test]
async fn a_filter_that_cannot_be_kept_is_not_sent() {
    let server = MockServer::start().await;
    let mut query = SearchQuery::new(Country::GB, NumberType::Local);
    query.in_region = Some("Greater Manchester".into());
    let error = client_of(&server).search(&query).await.unwrap_err();
    assert!(
        matches!(error, ProviderError::Refused { reason: Refusal::Filter { field: "in_region", .. }, .. }),
        "{error:?}"
    );
    assert_eq!(request_count(&server).await, 0);
}

#[tokio::test]
async fn a_country_says_its_types() {
    let server = MockServer::start().await;
    expecting("GET", "AvailablePhoneNumbers/GB.json")
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({
            "country_code": "GB",
            "subresource_uris": {"local": "/l", "mobile": "/m", "national": "/n"},
        })))
        .mount(&server)
        .await;
    expecting("GET", "AvailablePhoneNumbers/AQ.json").respond_with(refusal(404, 20404)).mount(&server).await;
    let client = client_of(&server);
    assert_eq!(client.types_offered(Country::GB).await.unwrap(), [NumberType::Local, NumberType::Mobile]);
    assert_eq!(client.types_offered("AQ".parse().unwrap()).await.unwrap(), []);
}

//! Listing an account: complete, or saying that it is not.

use serde_json::json;
use trunkline_provider::{Listing, NumberProvider};
use wiremock::matchers::{query_param, query_param_is_missing};
use wiremock::{MockServer, ResponseTemplate};

use crate::support::*;

fn next(page: u32) -> String {
    format!("/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers.json?PageSize=1000&Page={page}")
}

async fn list_of(second: ResponseTemplate) -> Listing {
    let server = MockServer::start().await;
    expecting("GET", "IncomingPhoneNumbers.json")
        .and(query_param("PageSize", "1000"))
        .and(query_param_is_missing("Page"))
        .respond_with(page(&[owned(NUMBER)], Some(&next(1))))
        .mount(&server)
        .await;
    expecting("GET", "IncomingPhoneNumbers.json")
        .and(query_param("Page", "1"))
        .respond_with(second)
        .mount(&server)
        .await;
    client_of(&server).list().await.unwrap()
}

fn numbers(listing: &Listing) -> Vec<&str> {
    listing.numbers.iter().map(|number| number.phone_number.as_str()).collect()
}

#[tokio::test]
async fn all_pages_make_a_complete_listing() {
    let listing = list_of(page(&[owned("+14152300102")], Some(""))).await;
    assert_eq!(numbers(&listing), [NUMBER, "+14152300102"]);
    assert!(listing.complete);
    assert_eq!(listing.account, account());
    assert_eq!(listing.begun_at.to_rfc3339(), "2015-07-30T23:19:05+00:00");
}

#[tokio::test]
async fn a_missing_page_makes_it_incomplete() {
    for second in [refusal(500, 20500), ResponseTemplate::new(200), page(&[], Some("//evil.example/"))] {
        let listing = list_of(second).await;
        assert!(!listing.complete);
        assert_eq!(numbers(&listing), [NUMBER]);
    }
}

#[tokio::test]
async fn an_unreadable_row_makes_it_incomplete() {
    let listing = list_of(page(&[json!({"sid": "PN?"}), owned("+14152300102")], None)).await;
    assert!(!listing.complete);
    assert_eq!(numbers(&listing), [NUMBER, "+14152300102"]);
}

/// A list that goes round in circles ends at the bound, and is not complete.
#[tokio::test]
async fn a_list_without_an_end_is_incomplete() {
    let listing = list_of(page(&[], Some(&next(1)))).await;
    assert!(!listing.complete);
}

#[tokio::test]
async fn without_a_first_page_there_is_no_listing() {
    let server = MockServer::start().await;
    expecting("GET", "IncomingPhoneNumbers.json").respond_with(refusal(500, 20500)).mount(&server).await;
    assert!(client_of(&server).list().await.is_err());
}

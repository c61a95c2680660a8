//! Searching, and the prices in force.

use std::time::Duration;

use axum::http::StatusCode;
use insta::assert_snapshot;
use rstest::rstest;
use trunkline_domain::{Country, NumberType};
use trunkline_provider::{AddressRequirement, AvailableNumber, ProviderError, Refusal, SearchQuery};

use crate::sample::capabilities;
use crate::world::{Call, Key, World};

fn search(body: &str) -> Call {
    Call::post("/api/numbers/search", body).key(Key::Ann)
}

fn hit() -> AvailableNumber {
    AvailableNumber {
        phone_number: "+14152300101".parse().unwrap(),
        friendly_name: "(415) 230-0101".to_owned(),
        locality: Some("San Francisco".to_owned()),
        region: None,
        country: Country::US,
        capabilities: capabilities(),
        address_requirement: AddressRequirement::None,
    }
}

#[tokio::test]
async fn hits_come_with_their_prices() {
    let mut world = World::new();
    world.provider.expect_search().times(1).return_once(|query| {
        let asked = SearchQuery {
            area_code: Some("415".to_owned()),
            ..SearchQuery::new(Country::US, NumberType::Local)
        };
        assert_eq!(*query, asked);
        Ok(vec![hit()])
    });
    let answer = world
        .answer(search(r#"{"countryCode": "us", "numberType": "LOCAL", "areaCode": 415, "x": []}"#))
        .await;
    assert_snapshot!(answer.picture());
}

#[tokio::test]
async fn every_filter_reaches_the_provider() {
    let mut world = World::new();
    world.provider.expect_search().times(1).return_once(|query| {
        let text = |text: &str| Some(text.to_owned());
        let asked = SearchQuery {
            country: Country::CA,
            number_type: NumberType::TollFree,
            area_code: text("0833"),
            contains: text("CAFE"),
            in_region: text("ON"),
            in_locality: text("Toronto"),
            in_postal_code: text("M5V"),
            in_rate_center: text("TORONTO"),
            in_lata: text("888"),
            near_number: Some("+14162300101".parse().unwrap()),
            near_lat_long: text("43.6,-79.4"),
            distance: Some(50),
            voice_enabled: Some(true),
            sms_enabled: Some(false),
            mms_enabled: Some(true),
            exclude_all_address_required: Some(true),
            exclude_local_address_required: Some(false),
            exclude_foreign_address_required: Some(true),
            beta: Some(false),
            limit: 5,
        };
        assert_eq!(*query, asked);
        Ok(Vec::new())
    });
    let body = r#"{"countryCode": "CA", "numberType": "toll_free", "areaCode": "0833", "contains": "CAFE",
        "inRegion": "ON", "inLocality": "Toronto", "inPostalCode": "M5V", "inRateCenter": "TORONTO", "inLata": 888,
        "nearNumber": "416 230 0101", "nearLatLong": "43.6,-79.4", "distance": 50, "voiceEnabled": true,
        "smsEnabled": false, "mmsEnabled": true, "excludeAllAddressRequired": true,
        "excludeLocalAddressRequired": false, "excludeForeignAddressRequired": true, "beta": false, "limit": 5}"#;
    let answer = world.answer(search(body)).await;
    assert_eq!(answer.body, r#"{"success":true,"numbers":[],"total":0}"#);
}

#[rstest]
#[case("{}", &["countryCode", "numberType"])]
#[case(r#"{"countryCode": "XX", "numberType": "landline"}"#, &["countryCode", "numberType"])]
#[case(r#"{"countryCode": "US", "numberType": "local", "limit": 101}"#, &["limit"])]
#[case(r#"{"countryCode": "US", "numberType": "local", "limit": 0}"#, &["limit"])]
#[case(r#"{"countryCode": "US", "numberType": "local", "limit": 1.5}"#, &["limit"])]
#[case(r#"{"countryCode": "US", "numberType": "local", "areaCode": "41a"}"#, &["areaCode"])]
#[case(r#"{"countryCode": "US", "numberType": "local", "areaCode": true}"#, &["areaCode"])]
#[case(r#"{"countryCode": "US", "numberType": "local", "distance": 501}"#, &["distance"])]
#[case(r#"{"countryCode": "US", "numberType": "local", "smsEnabled": "maybe"}"#, &["smsEnabled"])]
#[case(r#"{"countryCode": "US", "numberType": "local", "nearNumber": "here"}"#, &["nearNumber"])]
#[case(r#"{"countryCode": "US", "numberType": "local", "currency": "USDX"}"#, &["currency"])]
#[tokio::test]
async fn mistakes_are_named(#[case] body: &str, #[case] fields: &[&str]) {
    let answer = World::new().answer(search(body)).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "VALIDATION_FAILED"));
    assert_eq!(answer.fields(), fields);
}

#[tokio::test]
async fn what_nobody_sells_is_told_from_what_has_no_price() {
    let mut world = World::new();
    world.provider.expect_types_offered().return_once(|_| Ok(vec![NumberType::Local, NumberType::TollFree]));
    let vanity = world.answer(search(r#"{"countryCode": "US", "numberType": "vanity"}"#)).await;

    let mut world = World::new();
    world.provider.expect_search().return_once(|_| Err(refused(Refusal::TypeNotOffered)));
    world.provider.expect_types_offered().return_once(|_| Ok(vec![NumberType::Local, NumberType::TollFree]));
    let mobile = world.answer(search(r#"{"countryCode": "US", "numberType": "mobile"}"#)).await;

    let unpriced = World::new().answer(search(r#"{"countryCode": "DE", "numberType": "local"}"#)).await;
    assert_snapshot!([vanity, mobile, unpriced].map(|answer| answer.picture()).join("\n\n---\n\n"));
}

fn refused(reason: Refusal) -> ProviderError {
    ProviderError::Refused { reason, code: Some(20_404), message: "inside".to_owned() }
}

#[tokio::test]
async fn a_filter_that_the_country_does_not_know_is_named_as_the_client_writes_it() {
    let mut world = World::new();
    let message = "needs in_lata as well".to_owned();
    world
        .provider
        .expect_search()
        .return_once(|_| Err(refused(Refusal::Filter { field: "in_rate_center", message })));
    let answer = world.answer(search(r#"{"countryCode": "US", "numberType": "local"}"#)).await;
    assert_eq!(answer.json()["fields"][0]["field"], "inRateCenter");
    assert_eq!(answer.json()["fields"][0]["message"], "needs inLata as well");
}

#[rstest]
#[case(ProviderError::NotConfigured, "TWILIO_NOT_CONFIGURED", None)]
#[case(ProviderError::Unauthorized { code: Some(20_003) }, "PROVIDER_REJECTED", None)]
#[case(refused(Refusal::AccountRestricted), "PROVIDER_REJECTED", None)]
#[case(unavailable(), "PROVIDER_UNAVAILABLE", Some("7"))]
#[case(ProviderError::OutcomeUnknown { detail: "inside".to_owned(), source: None }, "PROVIDER_UNAVAILABLE", None)]
#[tokio::test]
async fn a_provider_that_fails(
    #[case] error: ProviderError,
    #[case] code: &str,
    #[case] retry_after: Option<&str>,
) {
    let mut world = World::new();
    world.provider.expect_search().return_once(|_| Err(error));
    let answer = world.answer(search(r#"{"countryCode": "US", "numberType": "local"}"#)).await;
    assert_eq!((answer.code().as_str(), answer.header("retry-after")), (code, retry_after));
    assert!(!answer.body.contains("inside"));
}

fn unavailable() -> ProviderError {
    let retry_after = Some(Duration::from_secs(7));
    ProviderError::Unavailable { retry_after, detail: "inside".to_owned(), source: None }
}

#[tokio::test]
async fn prices_are_listed() {
    assert_snapshot!(World::new().answer(Call::get("/api/pricing").key(Key::Ann)).await.picture());
}

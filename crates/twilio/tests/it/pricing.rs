//! What numbers cost, from the pricing API.

use serde_json::{Value, json};
use trunkline_domain::{Country, NumberType};
use trunkline_provider::{ProviderAccount, ProviderError};
use wiremock::matchers::{basic_auth, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::*;

async fn costs_of(answer: ResponseTemplate) -> Result<Vec<(NumberType, String)>, ProviderError> {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/v1/PhoneNumbers/Countries/GB"))
        .and(basic_auth(ACCOUNT, TOKEN))
        .respond_with(answer)
        .mount(&server)
        .await;
    let mut config = config(&server.uri());
    config.retry.max_retries = 0;
    let costs = client(config).number_costs(Country::GB).await?;
    Ok(costs
        .into_iter()
        .map(|cost| {
            assert_eq!(cost.country, Country::GB);
            (cost.number_type, cost.monthly.to_string())
        })
        .collect())
}

fn answer(prices: &Value, unit: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "country": "United Kingdom",
        "iso_country": "GB",
        "phone_number_prices": prices,
        "price_unit": unit,
        "url": "https://pricing.twilio.com/v1/PhoneNumbers/Countries/GB",
    }))
}

fn price(number_type: &str, price: &Value) -> Value {
    json!({"number_type": number_type, "base_price": "9.99", "current_price": price})
}

#[tokio::test]
async fn each_type_that_can_be_sold_has_its_cost() {
    let prices = json!([
        price("local", &json!("1.15")),
        price("mobile", &json!(2.5)),
        price("national", &json!("1.00")),
        price("toll free", &json!("2.70")),
    ]);
    assert_eq!(
        costs_of(answer(&prices, &json!("USD"))).await.unwrap(),
        [
            (NumberType::Local, "1.15 USD".to_owned()),
            (NumberType::Mobile, "2.50 USD".to_owned()),
            (NumberType::TollFree, "2.70 USD".to_owned()),
        ]
    );
}

#[tokio::test]
async fn a_country_without_numbers_costs_nothing() {
    for nothing in [
        refusal(404, 20404),
        answer(&json!(null), &json!(null)),
        answer(&json!([]), &json!("USD")),
        ResponseTemplate::new(200).set_body_json(json!({"country": null})),
    ] {
        assert_eq!(costs_of(nothing).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_price_that_cannot_be_read_is_no_price_of_nothing() {
    for unreadable in [
        answer(&json!([price("local", &json!("about a dollar"))]), &json!("USD")),
        answer(&json!([price("local", &json!(null))]), &json!("USD")),
        answer(&json!([price("local", &json!("1.15"))]), &json!("pounds")),
        ResponseTemplate::new(200),
        ResponseTemplate::new(404),
    ] {
        assert!(costs_of(unreadable).await.unwrap_err().may_have_happened());
    }
}

//! Prices with their margins.

use serde_json::json;

use crate::world::{Call, Key, World};

#[tokio::test]
async fn each_price_comes_with_what_is_left_of_it() {
    let answer = World::new().answer(Call::get("/api/operator/prices").key(Key::Operator)).await.json();
    let priced = |number_type: &str| {
        let prices = answer["prices"].as_array().unwrap().iter();
        prices.clone().find(|p| p["countryCode"] == "US" && p["numberType"] == number_type).unwrap().clone()
    };
    let local = priced("local");
    let figures = [&local["monthlyCost"], &local["providerCost"], &local["margin"]].map(ToString::to_string);
    assert_eq!(figures, ["1.50", "1.15", "0.35"], "{local}");
    let mobile = priced("mobile");
    assert_eq!((&mobile["providerCost"], &mobile["margin"]), (&json!(null), &json!(null)), "{mobile}");
}

//! The pricing API, version 1: what a month of a number costs.

use serde_json::{Value, json};

use crate::{
    answer::Answer,
    call::Call,
    paging::Page,
    prices::{COUNTRIES, priced_country},
    refusal::Refusal,
};

/// The countries with prices, by name.
pub(super) fn countries(call: &Call) -> Result<Answer, Refusal> {
    if call.method != "GET" {
        return Err(Refusal::method_not_allowed());
    }
    let rows = COUNTRIES.iter().map(|country| {
        json!({ "country": country.name, "iso_country": country.code, "url": url(country.code, call) })
    });
    Ok(Answer::of(200, &Page::read(call)?.with_meta("countries", rows)))
}

/// A country's prices. One without a price is answered with nulls, as the live API was seen to do. Prices are
/// decimal strings, as in Twilio's sample answers, where its description says numbers.
pub(super) fn country(code: &str, call: &Call) -> Result<Answer, Refusal> {
    if call.method != "GET" {
        return Err(Refusal::method_not_allowed());
    }
    let country = priced_country(code);
    let prices: Option<Vec<Value>> = country.map(|country| {
        let price = |(kind, price): &(crate::NumberType, crate::Cents)| {
            json!({ "number_type": kind.priced(), "base_price": price, "current_price": price })
        };
        country.prices.iter().map(price).collect()
    });
    Ok(Answer::of(
        200,
        &json!({
            "country": country.map(|country| country.name),
            "iso_country": country.map(|country| country.code),
            "phone_number_prices": prices,
            "price_unit": country.map(|_| "USD"),
            "url": url(code, call),
        }),
    ))
}

fn url(code: &str, call: &Call) -> String {
    call.absolute(&format!("/v1/PhoneNumbers/Countries/{code}"))
}

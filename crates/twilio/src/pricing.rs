//! What Twilio charges for numbers each month, from its pricing API, version 1.

use serde::Deserialize;
use serde_json::Value;
use trunkline_domain::{Country, Currency, Money, NumberCost, NumberType};
use trunkline_provider::ProviderError;

use crate::account::read_one;
use crate::classification::Meaning;
use crate::failure::Failure;
use crate::operation::Operation;
use crate::transport::Transport;

/// A country's prices. For a country that Twilio does not know, it answers 404 or leaves the fields empty.
#[derive(Deserialize)]
struct CountryRow {
    phone_number_prices: Option<Vec<PriceRow>>,
    price_unit: Option<String>,
}

#[derive(Deserialize)]
struct PriceRow {
    /// `local`, `mobile`, `national`, and with a blank `toll free`.
    number_type: String,
    /// What this account pays: text in practice, a number by Twilio's description.
    current_price: Value,
}

/// What the account pays for each type of a country's numbers that can be sold here.
pub(crate) async fn number_costs(
    transport: &Transport,
    country: Country,
) -> Result<Vec<NumberCost>, ProviderError> {
    let url = transport.pricing_url(&format!("Countries/{country}"));
    let row: CountryRow = match read_one(transport, Operation::Costs, url).await {
        Ok(row) => row,
        Err(failure) if failure.meaning() == Meaning::NotFound => return Ok(Vec::new()),
        Err(failure) => return Err(failure.into()),
    };
    let prices = row.phone_number_prices.unwrap_or_default();
    let Some(unit) = row.price_unit.filter(|_| !prices.is_empty()) else { return Ok(Vec::new()) };
    let unreadable = || Failure::unreadable(Operation::Costs, "a price cannot be read");
    let currency: Currency = unit.parse().map_err(|error| unreadable().with_source(error))?;
    let mut costs = Vec::new();
    for price in prices {
        let Ok(number_type) = price.number_type.parse::<NumberType>() else { continue };
        let digits = match price.current_price {
            Value::String(digits) => digits,
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                return Err(unreadable().into());
            }
        };
        let monthly = Money::parse(&digits, currency).map_err(|error| unreadable().with_source(error))?;
        costs.push(NumberCost { country, number_type, monthly });
    }
    Ok(costs)
}

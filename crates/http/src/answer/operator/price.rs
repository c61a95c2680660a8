//! Prices with what is left of them.

use serde::Serialize;
use trunkline_domain::{Country, Currency, JsonMoney, Offer, PriceBook};
use utoipa::ToSchema;

use crate::answer::{Success, number_type_name};
use crate::description::words;

/// Every price in every currency, by country and type.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MarginsAnswer {
    success: Success,
    prices: Vec<Margin>,
}

#[expect(clippy::struct_field_names, reason = "these are the names that clients know")]
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PriceWithMargin)]
struct Margin {
    #[schema(value_type = words::Country)]
    country_code: Country,
    #[schema(value_type = words::NumberType)]
    number_type: &'static str,
    #[schema(value_type = words::Amount)]
    monthly_cost: JsonMoney,
    #[schema(value_type = words::Amount)]
    setup_cost: JsonMoney,
    /// What the provider charges each month; missing where the price file does not say so in this currency.
    #[schema(value_type = Option<words::Amount>, required)]
    provider_cost: Option<JsonMoney>,
    /// What is left each month, below zero where it costs more; missing where the cost is.
    #[schema(value_type = Option<words::Amount>, required)]
    margin: Option<JsonMoney>,
    #[schema(value_type = words::Currency)]
    currency: Currency,
    /// The approved regulatory bundle that numbers are bought with.
    #[schema(required)]
    bundle_sid: Option<String>,
    /// The validated address that numbers are bought with.
    #[schema(required)]
    address_sid: Option<String>,
}

impl Margin {
    fn of(book: &PriceBook, offer: Offer) -> Self {
        let Offer { country, number_type, monthly, setup, .. } = offer;
        let cost = book.cost(country, number_type, monthly.currency());
        let needs = book.needs(country, number_type);
        Self {
            country_code: country,
            number_type: number_type_name(number_type.into()),
            monthly_cost: monthly.into(),
            setup_cost: setup.into(),
            provider_cost: cost.map(JsonMoney::from),
            margin: cost.and_then(|cost| monthly.checked_sub(cost).ok()).map(JsonMoney::from),
            currency: monthly.currency(),
            bundle_sid: needs.bundle_sid,
            address_sid: needs.address_sid,
        }
    }
}

impl From<&PriceBook> for MarginsAnswer {
    fn from(book: &PriceBook) -> Self {
        let prices = book.offers().into_iter().map(|offer| Margin::of(book, offer)).collect();
        Self { success: Success, prices }
    }
}

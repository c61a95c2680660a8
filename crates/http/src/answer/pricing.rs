//! The prices in force.

use serde::Serialize;
use trunkline_domain::{Country, Currency, JsonMoney, Offer, PriceBook};
use utoipa::ToSchema;

use super::{Success, number_type_name};
use crate::description::words;

/// Every price in every currency.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PricingAnswer {
    success: Success,
    prices: Vec<Price>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ListedPrice)]
struct Price {
    #[schema(value_type = words::Country)]
    country_code: Country,
    #[schema(value_type = words::NumberType)]
    number_type: &'static str,
    #[schema(value_type = words::Amount)]
    monthly_cost: JsonMoney,
    #[schema(value_type = words::Amount)]
    setup_cost: JsonMoney,
    #[schema(value_type = words::Currency)]
    currency: Currency,
}

impl From<Offer> for Price {
    fn from(offer: Offer) -> Self {
        Self {
            country_code: offer.country,
            number_type: number_type_name(offer.number_type.into()),
            monthly_cost: offer.monthly.into(),
            setup_cost: offer.setup.into(),
            currency: offer.monthly.currency(),
        }
    }
}

impl From<&PriceBook> for PricingAnswer {
    fn from(book: &PriceBook) -> Self {
        Self { success: Success, prices: book.offers().into_iter().map(Price::from).collect() }
    }
}

//! The prices in force.

use serde::Serialize;
use trunkline_domain::{Country, Currency, JsonMoney, Offer, PriceBook};

use super::{Success, number_type_name};

/// Every price in every currency.
#[derive(Debug, Serialize)]
pub(crate) struct PricingAnswer {
    success: Success,
    prices: Vec<Price>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Price {
    country_code: Country,
    number_type: &'static str,
    monthly_cost: JsonMoney,
    setup_cost: JsonMoney,
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

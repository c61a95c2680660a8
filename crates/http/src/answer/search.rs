//! Search hits with their prices.

use serde::Serialize;
use trunkline_domain::{Capabilities, Country, Currency, JsonMoney, PhoneNumber};
use trunkline_provider::AddressRequirement;
use trunkline_provisioning::PricedNumber;

use super::Success;

/// What a search found.
#[derive(Debug, Serialize)]
pub(crate) struct SearchAnswer {
    success: Success,
    numbers: Vec<Hit>,
    total: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Hit {
    phone_number: PhoneNumber,
    friendly_name: String,
    monthly_cost: JsonMoney,
    setup_cost: JsonMoney,
    currency: Currency,
    locality: Option<String>,
    region: Option<String>,
    iso_country: Country,
    capabilities: Capabilities,
    address_requirements: AddressRequirement,
}

impl From<PricedNumber> for Hit {
    fn from(priced: PricedNumber) -> Self {
        let PricedNumber { number, monthly, setup } = priced;
        Self {
            phone_number: number.phone_number,
            friendly_name: number.friendly_name,
            monthly_cost: monthly.into(),
            setup_cost: setup.into(),
            currency: monthly.currency(),
            locality: number.locality,
            region: number.region,
            iso_country: number.country,
            capabilities: number.capabilities,
            address_requirements: number.address_requirement,
        }
    }
}

impl From<Vec<PricedNumber>> for SearchAnswer {
    fn from(found: Vec<PricedNumber>) -> Self {
        let numbers: Vec<Hit> = found.into_iter().map(Hit::from).collect();
        Self { success: Success, total: numbers.len(), numbers }
    }
}

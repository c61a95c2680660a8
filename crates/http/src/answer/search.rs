//! Search hits with their prices.

use serde::Serialize;
use trunkline_domain::{Capabilities, Country, Currency, JsonMoney, PhoneNumber};
use trunkline_provider::AddressRequirement;
use trunkline_provisioning::PricedNumber;
use utoipa::ToSchema;

use super::Success;
use crate::description::{things, words};

/// What a search found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SearchAnswer {
    success: Success,
    numbers: Vec<Hit>,
    total: usize,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AvailableNumber)]
struct Hit {
    #[schema(value_type = words::E164)]
    phone_number: PhoneNumber,
    friendly_name: String,
    #[schema(value_type = words::Amount)]
    monthly_cost: JsonMoney,
    #[schema(value_type = words::Amount)]
    setup_cost: JsonMoney,
    #[schema(value_type = words::Currency)]
    currency: Currency,
    #[schema(required)]
    locality: Option<String>,
    #[schema(required)]
    region: Option<String>,
    #[schema(value_type = words::Country)]
    iso_country: Country,
    #[schema(value_type = things::Capabilities)]
    capabilities: Capabilities,
    #[schema(value_type = words::AddressRequirements)]
    address_requirements: AddressRequirement,
    /// Whether the operator has an address for numbers like this, which goes into a purchase.
    address_on_file: bool,
    /// Whether the operator has a regulatory bundle for numbers like this, which goes into a purchase.
    bundle_on_file: bool,
}

impl From<PricedNumber> for Hit {
    fn from(priced: PricedNumber) -> Self {
        let PricedNumber { number, monthly, setup, on_file } = priced;
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
            address_on_file: on_file.address_sid.is_some(),
            bundle_on_file: on_file.bundle_sid.is_some(),
        }
    }
}

impl From<Vec<PricedNumber>> for SearchAnswer {
    fn from(found: Vec<PricedNumber>) -> Self {
        let numbers: Vec<Hit> = found.into_iter().map(Hit::from).collect();
        Self { success: Success, total: numbers.len(), numbers }
    }
}

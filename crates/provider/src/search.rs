//! Searching for numbers that could be bought.

use serde::{Deserialize, Serialize};
use trunkline_domain::{Capabilities, Country, NumberType, PhoneNumber};

/// What to search for. `None` leaves a filter out; a filter that the country does not know is refused, not ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchQuery {
    /// In which country.
    pub country: Country,
    /// Of which type.
    pub number_type: NumberType,
    /// Digits of an area code or prefix: US and CA local area code, toll-free prefix, elsewhere what follows the
    /// country code.
    pub area_code: Option<String>,
    /// A pattern of 2 to 16 digits and letters.
    pub contains: Option<String>,
    /// State or province (US, CA).
    pub in_region: Option<String>,
    /// Town.
    pub in_locality: Option<String>,
    /// Postal code (US, CA).
    pub in_postal_code: Option<String>,
    /// Rate center; needs `in_lata` (US, CA).
    pub in_rate_center: Option<String>,
    /// Local access and transport area (US, CA).
    pub in_lata: Option<String>,
    /// Near another number (US, CA).
    pub near_number: Option<PhoneNumber>,
    /// Near a place, `latitude,longitude` in degrees (US, CA).
    pub near_lat_long: Option<String>,
    /// How near, in miles, 1 to 500; needs `near_number` or `near_lat_long`.
    pub distance: Option<u16>,
    /// Takes calls.
    pub voice_enabled: Option<bool>,
    /// Takes texts.
    pub sms_enabled: Option<bool>,
    /// Takes pictures.
    pub mms_enabled: Option<bool>,
    /// Leave out what needs any address.
    pub exclude_all_address_required: Option<bool>,
    /// Leave out what needs a local address.
    pub exclude_local_address_required: Option<bool>,
    /// Leave out what needs a foreign address.
    pub exclude_foreign_address_required: Option<bool>,
    /// Include numbers new to the provider's platform.
    pub beta: Option<bool>,
    /// At most so many, 1 to 100.
    pub limit: u16,
}

impl SearchQuery {
    /// How many numbers are found where nobody says.
    pub const DEFAULT_LIMIT: u16 = 20;
    /// The most that can be asked for.
    pub const MAX_LIMIT: u16 = 100;

    /// A search without filters.
    pub const fn new(country: Country, number_type: NumberType) -> Self {
        Self {
            country,
            number_type,
            area_code: None,
            contains: None,
            in_region: None,
            in_locality: None,
            in_postal_code: None,
            in_rate_center: None,
            in_lata: None,
            near_number: None,
            near_lat_long: None,
            distance: None,
            voice_enabled: None,
            sms_enabled: None,
            mms_enabled: None,
            exclude_all_address_required: None,
            exclude_local_address_required: None,
            exclude_foreign_address_required: None,
            beta: None,
            limit: Self::DEFAULT_LIMIT,
        }
    }
}

/// A search hit: a hint, never stock. Nothing is reserved by finding it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvailableNumber {
    /// The number.
    pub phone_number: PhoneNumber,
    /// The number as people of its country write it.
    pub friendly_name: String,
    /// Town, where the provider says.
    pub locality: Option<String>,
    /// State or region, where the provider says.
    pub region: Option<String>,
    /// Its country.
    pub country: Country,
    /// What it can do.
    pub capabilities: Capabilities,
    /// Whose address the provider wants to see.
    pub address_requirement: AddressRequirement,
}

/// Whose address a provider wants before it sells a number. Says nothing about regulatory bundles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressRequirement {
    /// None.
    None,
    /// An address anywhere.
    Any,
    /// An address in the number's country.
    Local,
    /// An address outside the number's country.
    Foreign,
}

//! What numbers cost a month, by country and type: Twilio's list prices as a public price list of 2026 has them.
//! The simulator has stock in a few of these countries only; the others are there to be priced.

use crate::{NumberType, money::Cents};

/// A country as the pricing API knows it.
pub(crate) struct PricedCountry {
    /// Two letters.
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    /// Dollars and cents a month.
    pub(crate) prices: &'static [(NumberType, Cents)],
}

use NumberType::{Local, Mobile, TollFree};

const fn country(
    code: &'static str,
    name: &'static str,
    prices: &'static [(NumberType, Cents)],
) -> PricedCountry {
    PricedCountry { code, name, prices }
}

/// By name, as the list shows them.
pub(crate) static COUNTRIES: [PricedCountry; 16] = [
    country("AU", "Australia", &[(Local, Cents(300)), (Mobile, Cents(650))]),
    country("CA", "Canada", &[(Local, Cents(115)), (TollFree, Cents(215))]),
    country("CZ", "Czech Republic", &[(Local, Cents(150)), (Mobile, Cents(1200))]),
    country("DK", "Denmark", &[(Mobile, Cents(1500))]),
    country("EE", "Estonia", &[(Local, Cents(100)), (Mobile, Cents(300))]),
    country("FI", "Finland", &[(Mobile, Cents(500))]),
    country("FR", "France", &[(Local, Cents(135))]),
    country("DE", "Germany", &[(Local, Cents(135)), (Mobile, Cents(3000))]),
    country("HK", "Hong Kong", &[(Mobile, Cents(1500))]),
    country("IE", "Ireland", &[(Local, Cents(180))]),
    country("IL", "Israel", &[(Local, Cents(550)), (Mobile, Cents(1500))]),
    country("JP", "Japan", &[(Local, Cents(475)), (TollFree, Cents(2500))]),
    country("MX", "Mexico", &[(Local, Cents(625)), (Mobile, Cents(1500)), (TollFree, Cents(3000))]),
    country("NL", "Netherlands", &[(Mobile, Cents(770))]),
    country("GB", "United Kingdom", &[(Local, Cents(115)), (Mobile, Cents(250)), (TollFree, Cents(270))]),
    country("US", "United States", &[(Local, Cents(115)), (TollFree, Cents(215))]),
];

/// A country by its two letters.
pub(crate) fn priced_country(code: &str) -> Option<&'static PricedCountry> {
    COUNTRIES.iter().find(|country| country.code == code)
}

/// A month of a number in stock. What the list does not price costs nothing.
pub(crate) fn month_of(country: &str, number_type: NumberType) -> Cents {
    priced_country(country)
        .and_then(|country| country.prices.iter().find(|(kind, _)| *kind == number_type))
        .map_or(Cents(0), |(_, price)| *price)
}

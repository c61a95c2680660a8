//! Countries by ISO 3166-1 alpha-2 code.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A country that ISO 3166-1 lists, held by its alpha-2 code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country(&'static str);

/// Not a country code of ISO 3166-1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an ISO 3166-1 alpha-2 country code")]
pub struct CountryError(String);

impl Country {
    /// The United States.
    pub const US: Self = Self("US");
    /// Canada, which shares +1 and its toll-free ranges with the United States.
    pub const CA: Self = Self("CA");
    /// The United Kingdom.
    pub const GB: Self = Self("GB");

    /// The alpha-2 code in capitals.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Whether the country is one of the two in which Twilio searches by area code.
    pub fn has_area_codes(self) -> bool {
        self == Self::US || self == Self::CA
    }
}

impl FromStr for Country {
    type Err = CountryError;

    /// Accepts any case.
    fn from_str(text: &str) -> Result<Self, CountryError> {
        rust_iso3166::from_alpha2(&text.to_ascii_uppercase())
            .map(|country| Self(country.alpha2))
            .ok_or_else(|| CountryError(text.chars().take(20).collect()))
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_case_is_read_and_strangers_are_refused() {
        assert_eq!("us".parse(), Ok(Country::US));
        assert_eq!("Gb".parse(), Ok(Country::GB));
        assert!("UK".parse::<Country>().is_err());
        assert!("".parse::<Country>().is_err());
        assert!("USA".parse::<Country>().is_err());
    }
}

//! Businesses: what numbers are assigned to. A business belongs to one user, whose wallet pays for its numbers.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use trunkline_domain::{BusinessId, UserId};

/// What numbers are assigned to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Business {
    /// Identity; its owner may bring one that it has elsewhere.
    pub id: BusinessId,
    /// Whose it is.
    pub owner: UserId,
    /// Its name.
    pub name: BusinessName,
    /// Where its clocks are; for what happens by the hour of the day.
    pub time_zone: Option<TimeZone>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// The name of a business: 1 to 100 characters after trimming, no control characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BusinessName(String);

/// A name that is empty, too long, or has control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a business name has 1 to {} visible characters", BusinessName::MAX_CHARS)]
pub struct BusinessNameError;

impl BusinessName {
    /// The longest name, in characters.
    pub const MAX_CHARS: usize = 100;

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for BusinessName {
    type Error = BusinessNameError;

    fn try_from(text: String) -> Result<Self, BusinessNameError> {
        let name = text.trim();
        let length = name.chars().count();
        if (1..=Self::MAX_CHARS).contains(&length) && !name.chars().any(char::is_control) {
            Ok(Self(name.to_owned()))
        } else {
            Err(BusinessNameError)
        }
    }
}

impl FromStr for BusinessName {
    type Err = BusinessNameError;

    fn from_str(text: &str) -> Result<Self, BusinessNameError> {
        Self::try_from(text.to_owned())
    }
}

impl From<BusinessName> for String {
    fn from(name: BusinessName) -> Self {
        name.0
    }
}

impl fmt::Display for BusinessName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A time zone of the IANA database, such as `America/Los_Angeles`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeZone(chrono_tz::Tz);

/// Text that names no time zone of the IANA database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time zone of the IANA database; write one such as America/Los_Angeles")]
pub struct TimeZoneError(String);

impl TimeZone {
    /// The zone's name as the database writes it.
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

impl FromStr for TimeZone {
    type Err = TimeZoneError;

    /// Names are read without regard to case.
    fn from_str(text: &str) -> Result<Self, TimeZoneError> {
        chrono_tz::Tz::from_str_insensitive(text)
            .map(Self)
            .map_err(|_| TimeZoneError(text.chars().take(60).collect()))
    }
}

impl TryFrom<String> for TimeZone {
    type Error = TimeZoneError;

    fn try_from(text: String) -> Result<Self, TimeZoneError> {
        text.parse()
    }
}

impl From<TimeZone> for String {
    fn from(zone: TimeZone) -> Self {
        zone.name().to_owned()
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!(" Corner Bakery ".parse::<BusinessName>().unwrap().as_str(), "Corner Bakery");
        assert!("".parse::<BusinessName>().is_err());
        assert!("tab\tbed".parse::<BusinessName>().is_err());
        assert!("é".repeat(100).parse::<BusinessName>().is_ok());
        assert!("é".repeat(101).parse::<BusinessName>().is_err());
    }

    #[test]
    fn time_zones_are_those_of_the_database() {
        assert_eq!("america/los_angeles".parse::<TimeZone>().unwrap().name(), "America/Los_Angeles");
        assert_eq!("UTC".parse::<TimeZone>().unwrap().name(), "UTC");
        assert!("Mars/Olympus".parse::<TimeZone>().is_err());
        assert!("".parse::<TimeZone>().is_err());
    }
}

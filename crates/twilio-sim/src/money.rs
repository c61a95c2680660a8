//! Amounts in US dollars, whole cents. Twilio writes them as decimal strings with two digits behind the point.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An amount in cents; it may be negative, as a balance may.
///
/// ```
/// use trunkline_twilio_sim::Cents;
///
/// assert_eq!("1.15".parse::<Cents>().unwrap(), Cents(115));
/// assert_eq!(Cents(-5).to_string(), "-0.05");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Cents(pub i64);

/// The text is no amount in dollars and cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount has two decimals, such as 98.85")]
pub struct NotAnAmount;

impl fmt::Display for Cents {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let cents = self.0.unsigned_abs();
        write!(formatter, "{sign}{}.{:02}", cents / 100, cents % 100)
    }
}

impl FromStr for Cents {
    type Err = NotAnAmount;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
        let (dollars, cents) = digits.split_once('.').ok_or(NotAnAmount)?;
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !plain(dollars) || !plain(cents) || cents.len() != 2 {
            return Err(NotAnAmount);
        }
        let amount: i64 = format!("{dollars}{cents}").parse().map_err(|_| NotAnAmount)?;
        Ok(Self(sign * amount))
    }
}

impl Serialize for Cents {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cents {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_and_read_with_two_decimals() {
        for text in ["0.00", "0.05", "1.15", "100.00", "-0.05", "-12.30"] {
            assert_eq!(text.parse::<Cents>().unwrap().to_string(), text);
        }
        for text in ["", "1", "1.5", "1.555", "1,15", "+1.15", ".15", "--1.00", "9999999999999999999.00"] {
            assert_eq!(text.parse::<Cents>(), Err(NotAnAmount), "{text}");
        }
    }
}

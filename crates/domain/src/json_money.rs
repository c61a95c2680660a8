//! Money at the JSON edge: the decimal's own digits as a JSON number, read back from a number or a string exactly.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Money;

/// An amount in a JSON document: written as a number with its digits (`1.50`), read from a number or a string.
///
/// It never passes through a float, so `0.1` is a tenth. A type that holds one must not sit behind serde's `untagged`
/// or `flatten`, which buffer numbers in a form that loses their digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct JsonMoney(pub Decimal);

impl JsonMoney {
    /// Digits beyond this are refused before they are parsed.
    const MAX_CHARS: usize = 40;

    fn parse<E: de::Error>(text: &str) -> Result<Self, E> {
        let unreadable = || E::custom("an amount is a decimal number, such as 25.00");
        // The decimal's own reader skips underscores; nobody writes amounts so.
        if text.len() > Self::MAX_CHARS || text.contains('_') {
            return Err(unreadable());
        }
        let plain = Decimal::from_str_exact(text).ok();
        plain.or_else(|| scientific(text)).map(Self).ok_or_else(unreadable)
    }
}

/// A number with an exponent, exactly. The decimal's own reader rounds what stands before the exponent, so that has to be
/// readable as it is.
fn scientific(text: &str) -> Option<Decimal> {
    let (digits, exponent) = text.split_once(['e', 'E'])?;
    Decimal::from_str_exact(digits).ok()?;
    let places = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let is_whole = !places.is_empty() && places.bytes().all(|b| b.is_ascii_digit());
    if is_whole { Decimal::from_scientific(text).ok() } else { None }
}

impl From<Money> for JsonMoney {
    fn from(money: Money) -> Self {
        Self(money.amount())
    }
}

impl fmt::Debug for JsonMoney {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for JsonMoney {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        rust_decimal::serde::arbitrary_precision::serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for JsonMoney {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::Number(number) => Self::parse(&number.to_string()),
            serde_json::Value::String(text) => Self::parse(text.trim()),
            serde_json::Value::Null
            | serde_json::Value::Bool(_)
            | serde_json::Value::Array(_)
            | serde_json::Value::Object(_) => {
                Err(de::Error::custom("an amount is a number or a string of digits"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::Currency;

    #[test]
    fn writes_the_digits_as_a_number() {
        let money = Money::parse("1.5", Currency::USD).unwrap();
        assert_eq!(serde_json::to_string(&JsonMoney::from(money)).unwrap(), "1.50");
    }

    #[rstest]
    #[case("1.50", "1.50")]
    #[case("\"1.50\"", "1.50")]
    #[case("0.1", "0.1")]
    #[case("1e2", "100")]
    #[case("9007199254740993.000001", "9007199254740993.000001")]
    fn reads_numbers_and_strings_exactly(#[case] json: &str, #[case] digits: &str) {
        assert_eq!(serde_json::from_str::<JsonMoney>(json).unwrap().0.to_string(), digits);
    }

    #[rstest]
    #[case("true")]
    #[case("\"\"")]
    #[case("\"12 dollars\"")]
    #[case("[1]")]
    #[case("1e999999999")]
    #[case("\"1111111111111111111111111111111111111111111111111\"")]
    // What only rounding could read, with and without an exponent.
    #[case("0.99999999999999999999999999999999")]
    #[case("0.99999999999999999999999999999999e0")]
    #[case("\"79228162514264337593543950335.9e0\"")]
    #[case("\"1e-+2\"")]
    #[case("\"1e\"")]
    #[case("\"1_000.00\"")]
    fn refuses_everything_else(#[case] json: &str) {
        assert!(serde_json::from_str::<JsonMoney>(json).is_err());
    }
}

//! The values of limits, as people and programs write them.
//!
//! *Invariants*: a list is never empty and has nothing twice; a highest price is above zero and there is one for a
//! currency at most. What is written in JSON is what the database keeps and what PostgreSQL's function reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use trunkline_domain::{Country, Currency, JsonMoney, Money, NumberType};

/// A limit that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ValueError(String);

impl ValueError {
    fn new(message: impl fmt::Display) -> Self {
        Self(message.to_string())
    }
}

/// What holds for one user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Limit<T> {
    /// What holds for everybody. Not written in JSON.
    #[default]
    AsEverybody,
    /// No limit, whatever holds for everybody. `null` in JSON.
    Unlimited,
    /// This.
    At(T),
}

impl<T> Limit<T> {
    /// Whether nothing of its own is said of the user.
    pub const fn is_as_everybody(&self) -> bool {
        matches!(self, Self::AsEverybody)
    }

    /// What holds, where `everybody` holds for everybody.
    pub(crate) fn over(self, everybody: Option<T>) -> Option<T> {
        match self {
            Self::AsEverybody => everybody,
            Self::Unlimited => None,
            Self::At(value) => Some(value),
        }
    }
}

impl<T: Serialize> Serialize for Limit<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::AsEverybody | Self::Unlimited => serializer.serialize_none(),
            Self::At(value) => value.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Limit<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Unlimited, Self::At))
    }
}

/// `none` for no limit, `default` for what holds for everybody, or the limit.
impl<T: FromStr<Err: fmt::Display>> FromStr for Limit<T> {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        match text.trim() {
            "default" => Ok(Self::AsEverybody),
            "none" => Ok(Self::Unlimited),
            value => value.parse().map(Self::At).map_err(|error| {
                ValueError(format!("{error}; or say none for no limit, default for what holds for everybody"))
            }),
        }
    }
}

/// What an operator has set for one user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct OwnLimits {
    /// Numbers held, with those that are being bought.
    #[serde(skip_serializing_if = "Limit::is_as_everybody")]
    pub numbers: Limit<NonZeroU32>,
    /// Purchases on one day, by UTC.
    #[serde(skip_serializing_if = "Limit::is_as_everybody")]
    pub purchases_per_day: Limit<NonZeroU32>,
    /// The highest price of a number per month.
    #[serde(skip_serializing_if = "Limit::is_as_everybody")]
    pub monthly_price: Limit<PriceLimit>,
    /// Countries whose numbers may be bought.
    #[serde(skip_serializing_if = "Limit::is_as_everybody")]
    pub countries: Limit<Countries>,
    /// Types of numbers that may be bought.
    #[serde(skip_serializing_if = "Limit::is_as_everybody")]
    pub number_types: Limit<NumberTypes>,
    /// Buying and giving back, again and again.
    #[serde(skip_serializing_if = "Limit::is_as_everybody")]
    pub churn: Limit<ChurnLimit>,
}

/// Countries, as `US, CA`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeSet<Country>", into = "BTreeSet<Country>")]
pub struct Countries(BTreeSet<Country>);

/// Types of numbers, as `local, toll_free`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeSet<NumberType>", into = "BTreeSet<NumberType>")]
pub struct NumberTypes(BTreeSet<NumberType>);

macro_rules! set_of_words {
    ($set:ident, $word:ident, $what:literal) => {
        impl $set {
            /// Whether it is one of them.
            pub fn allow(&self, word: $word) -> bool {
                self.0.contains(&word)
            }
        }

        impl TryFrom<BTreeSet<$word>> for $set {
            type Error = ValueError;

            fn try_from(words: BTreeSet<$word>) -> Result<Self, ValueError> {
                if words.is_empty() {
                    return Err(ValueError::new(concat!("it names no ", $what)));
                }
                Ok(Self(words))
            }
        }

        impl From<$set> for BTreeSet<$word> {
            fn from(set: $set) -> Self {
                set.0
            }
        }

        impl FromStr for $set {
            type Err = ValueError;

            fn from_str(text: &str) -> Result<Self, ValueError> {
                let words: Result<BTreeSet<$word>, _> =
                    text.split(',').map(|word| word.trim().parse()).collect();
                words.map_err(ValueError::new)?.try_into()
            }
        }

        impl fmt::Display for $set {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let words: Vec<&str> = self.0.iter().map(|word| word.as_str()).collect();
                f.write_str(&words.join(", "))
            }
        }
    };
}

set_of_words!(Countries, Country, "country");
set_of_words!(NumberTypes, NumberType, "type");

/// The highest price per month in each currency, as `20.00 USD, 1500.00 INR`. Nothing is converted: in a currency that it
/// does not name, nothing may be bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceLimit(Vec<Money>);

impl PriceLimit {
    /// The highest price in a currency.
    pub fn in_currency(&self, currency: Currency) -> Option<Money> {
        self.0.iter().copied().find(|price| price.currency() == currency)
    }

    fn of(mut prices: Vec<Money>) -> Result<Self, ValueError> {
        prices.sort_by_key(|price| price.currency().code());
        if let Some(price) = prices.iter().find(|price| !price.is_positive()) {
            return Err(ValueError(format!("{price} is not above zero")));
        }
        let neighbours = prices.iter().zip(prices.iter().skip(1));
        if let Some((price, _)) = neighbours.into_iter().find(|(one, next)| one.currency() == next.currency())
        {
            return Err(ValueError(format!("there are two prices in {}", price.currency())));
        }
        if prices.is_empty() {
            return Err(ValueError::new("it names no price"));
        }
        Ok(Self(prices))
    }
}

impl FromStr for PriceLimit {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let price = |part: &str| {
            let (amount, currency) = part.trim().split_once(' ').ok_or_else(|| {
                ValueError(format!("`{}` is not an amount and a currency, such as 20.00 USD", part.trim()))
            })?;
            let currency = currency.trim().parse().map_err(ValueError::new)?;
            Money::parse(amount, currency).map_err(ValueError::new)
        };
        Self::of(text.split(',').map(price).collect::<Result<_, _>>()?)
    }
}

impl fmt::Display for PriceLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prices: Vec<String> = self.0.iter().map(Money::to_string).collect();
        f.write_str(&prices.join(", "))
    }
}

impl Serialize for PriceLimit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|price| (price.currency().code(), JsonMoney::from(*price))))
    }
}

impl<'de> Deserialize<'de> for PriceLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let prices = BTreeMap::<String, JsonMoney>::deserialize(deserializer)?;
        let price = |(currency, amount): (String, JsonMoney)| {
            let currency = currency.parse().map_err(ValueError::new)?;
            Money::new(amount.0, currency).map_err(ValueError::new)
        };
        let prices = prices.into_iter().map(price).collect::<Result<_, _>>().map_err(de::Error::custom)?;
        Self::of(prices).map_err(de::Error::custom)
    }
}

/// That buying and giving back is limited: within 30 days at most 5 numbers are given back, or twice as many as are held,
/// whichever is more. Written `on`, and `true` in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChurnLimit;

impl FromStr for ChurnLimit {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        if text == "on" { Ok(Self) } else { Err(ValueError(format!("`{text}` is not `on`"))) }
    }
}

impl fmt::Display for ChurnLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("on")
    }
}

impl Serialize for ChurnLimit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(true)
    }
}

impl<'de> Deserialize<'de> for ChurnLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if bool::deserialize(deserializer)? {
            return Ok(Self);
        }
        Err(de::Error::custom("false is not a limit; null is none"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(json: &str) -> OwnLimits {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn what_is_not_sent_is_as_for_everybody_and_null_is_no_limit() {
        let limits =
            own(r#"{"numbers": 3, "monthlyPrice": {"USD": 20.00, "INR": "1500"}, "countries": null}"#);
        assert_eq!(limits.numbers, Limit::At(NonZeroU32::new(3).unwrap()));
        assert_eq!(limits.countries, Limit::Unlimited);
        assert_eq!(limits.churn, Limit::AsEverybody);
        assert_eq!(limits.monthly_price, "20 USD, 1500.00 INR".parse().unwrap());
        let written = serde_json::to_string(&limits).unwrap();
        assert_eq!(written, r#"{"numbers":3,"monthlyPrice":{"INR":1500.00,"USD":20.00},"countries":null}"#);
        assert_eq!(own(&written), limits);
        assert_eq!(serde_json::to_string(&OwnLimits::default()).unwrap(), "{}");
    }

    #[test]
    fn mistakes_are_named() {
        for (json, wrong) in [
            (r#"{"number": 3}"#, "unknown field `number`"),
            (r#"{"numbers": 0}"#, "nonzero"),
            (r#"{"monthlyPrice": {"USD": 0}}"#, "0.00 USD is not above zero"),
            (r#"{"monthlyPrice": {}}"#, "it names no price"),
            (r#"{"countries": []}"#, "it names no country"),
            (r#"{"countries": ["XX"]}"#, "XX"),
            (r#"{"churn": false}"#, "null is none"),
        ] {
            let error = serde_json::from_str::<OwnLimits>(json).unwrap_err().to_string();
            assert!(error.contains(wrong), "{json}: {error}");
        }
        assert!("20".parse::<PriceLimit>().is_err());
        assert!("20 USD, 30 USD".parse::<PriceLimit>().is_err());
        assert!("20 USD,".parse::<PriceLimit>().is_err());
        assert!("US,".parse::<Countries>().is_err());
    }

    #[test]
    fn values_are_written_as_they_are_read() {
        assert_eq!("ca, US".parse::<Countries>().unwrap().to_string(), "CA, US");
        assert_eq!("toll-free,local".parse::<NumberTypes>().unwrap().to_string(), "local, toll_free");
        assert_eq!("20 USD, 1500 INR".parse::<PriceLimit>().unwrap().to_string(), "1500.00 INR, 20.00 USD");
        assert_eq!("none".parse::<Limit<Countries>>().unwrap(), Limit::Unlimited);
        assert_eq!("default".parse::<Limit<Countries>>().unwrap(), Limit::AsEverybody);
    }
}

//! At which balances somebody is told: a user's own thresholds in one currency, and the setting for everybody.

use std::fmt;
use std::str::FromStr;

use trunkline_domain::{Currency, Money};

/// At most so many in one currency.
pub const THRESHOLDS_MAX: usize = 5;

/// Up to [`THRESHOLDS_MAX`] different amounts of one currency, each above zero, the highest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Thresholds(Vec<Money>);

/// Amounts that are no thresholds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ThresholdsError {
    /// More than there may be.
    #[error("there may be {THRESHOLDS_MAX} thresholds in a currency, and these are {0}")]
    TooMany(usize),
    /// Nothing falls below it.
    #[error("{0} is not above zero")]
    NotPositive(Money),
    /// It would fire twice.
    #[error("{0} is there twice")]
    Twice(Money),
    /// They would never be compared.
    #[error("they are of more than one currency")]
    Currencies,
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(String),
}

impl Thresholds {
    /// None: nobody is told of a low balance.
    pub const NONE: Self = Self(Vec::new());

    /// Takes amounts in any order.
    pub fn new(mut amounts: Vec<Money>) -> Result<Self, ThresholdsError> {
        if amounts.len() > THRESHOLDS_MAX {
            return Err(ThresholdsError::TooMany(amounts.len()));
        }
        if let Some(amount) = amounts.iter().find(|amount| !amount.is_positive()) {
            return Err(ThresholdsError::NotPositive(*amount));
        }
        amounts.sort_by_key(|amount| std::cmp::Reverse(amount.micros()));
        for (one, next) in amounts.iter().zip(amounts.iter().skip(1)) {
            if one.currency() != next.currency() {
                return Err(ThresholdsError::Currencies);
            }
            if one == next {
                return Err(ThresholdsError::Twice(*one));
            }
        }
        Ok(Self(amounts))
    }

    /// The amounts, the highest first.
    pub fn amounts(&self) -> &[Money] {
        &self.0
    }
}

/// What holds for everybody who has set nothing of their own: amounts with their currencies, as `5.00 USD, 1.00 USD,
/// 400.00 INR`. In a currency that it does not name there are none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DefaultThresholds(Vec<Thresholds>);

impl DefaultThresholds {
    /// None in any currency.
    pub const NONE: Self = Self(Vec::new());

    /// Those of a currency.
    pub fn in_currency(&self, currency: Currency) -> Thresholds {
        let named = self.0.iter().find(|one| one.0.first().is_some_and(|sum| sum.currency() == currency));
        named.cloned().unwrap_or_default()
    }
}

impl FromStr for DefaultThresholds {
    type Err = ThresholdsError;

    fn from_str(text: &str) -> Result<Self, ThresholdsError> {
        let unreadable = |error: &dyn fmt::Display| ThresholdsError::Unreadable(error.to_string());
        let sum = |part: &str| {
            let part = part.trim();
            let (amount, currency) = part.split_once(' ').ok_or_else(|| {
                unreadable(&format!("`{part}` is not an amount and a currency, such as 5.00 USD"))
            })?;
            let currency = currency.trim().parse().map_err(|error| unreadable(&error))?;
            Money::parse(amount, currency).map_err(|error| unreadable(&error))
        };
        let sums = text.split(',').map(sum).collect::<Result<Vec<Money>, _>>()?;
        let mut currencies: Vec<&str> = sums.iter().map(|sum| sum.currency().code()).collect();
        currencies.sort_unstable();
        currencies.dedup();
        let of = |code: &str| {
            Thresholds::new(sums.iter().copied().filter(|sum| sum.currency().code() == code).collect())
        };
        Ok(Self(currencies.into_iter().map(of).collect::<Result<_, _>>()?))
    }
}

impl fmt::Display for DefaultThresholds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sums: Vec<String> = self.0.iter().flat_map(|one| &one.0).map(Money::to_string).collect();
        f.write_str(&sums.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn each_currency_has_its_own() {
        let set: DefaultThresholds = "1 USD, 400.00 INR,5.50 usd".parse().unwrap();
        assert_eq!(set.to_string(), "400.00 INR, 5.50 USD, 1.00 USD");
        let usd: Vec<String> =
            set.in_currency(Currency::USD).amounts().iter().map(Money::to_string).collect();
        assert_eq!(usd, ["5.50 USD", "1.00 USD"]);
        assert_eq!(set.in_currency("EUR".parse().unwrap()), Thresholds::NONE);
    }

    #[rstest]
    #[case("")]
    #[case("5")]
    #[case("USD 5")]
    #[case("5 USD,")]
    #[case("0 USD")]
    #[case("-1 USD")]
    #[case("5 USD, 5.00 USD")]
    #[case("5 XYZ")]
    #[case("1 USD, 2 USD, 3 USD, 4 USD, 5 USD, 6 USD")]
    fn what_is_no_threshold_is_refused(#[case] text: &str) {
        assert!(text.parse::<DefaultThresholds>().is_err(), "{text}");
    }

    #[test]
    fn five_are_the_most_and_currencies_are_not_mixed() {
        let of = |micros, currency| Money::from_micros(micros, currency);
        let five: Vec<Money> = (1..=5).map(|n| of(n, Currency::USD)).collect();
        assert_eq!(Thresholds::new(five.clone()).unwrap().amounts()[0], of(5, Currency::USD));
        let mut mixed = five;
        mixed[0] = of(9, Currency::INR);
        assert_eq!(Thresholds::new(mixed), Err(ThresholdsError::Currencies));
    }
}

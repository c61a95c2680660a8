//! Money: an exact decimal with at most six places in one currency, and arithmetic that refuses to be wrong.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Decimal places that can be stored: a millionth of the currency's unit.
const SCALE: u32 = 6;

/// A currency of ISO 4217.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// United States dollar.
    pub const USD: Self = Self(iso_currency::Currency::USD);
    /// Indian rupee.
    pub const INR: Self = Self(iso_currency::Currency::INR);

    /// The three letters.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Decimal places in which the currency is usually written (USD 2, JPY 0); 0 where ISO defines none.
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    /// Accepts any case.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        iso_currency::Currency::from_code(&text.to_ascii_uppercase())
            .map(Self)
            .ok_or_else(|| MoneyError::UnknownCurrency(text.chars().take(10).collect()))
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;

    fn try_from(text: String) -> Result<Self, MoneyError> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount of one currency, exact to a millionth. May be negative (a correction); never a float.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "MoneyParts", into = "MoneyParts")]
pub struct Money {
    micros: i64,
    currency: Currency,
}

/// Why an amount cannot be represented, or two cannot be reckoned together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// More than six decimal places.
    #[error("{0} has more than {SCALE} decimal places")]
    TooPrecise(Decimal),
    /// Beyond ±9,223,372,036,854 units.
    #[error("the amount is too large")]
    TooLarge,
    /// Two currencies in one sum. Nothing converts between currencies.
    #[error("{0} and {1} cannot be added")]
    CurrencyMismatch(Currency, Currency),
    /// Not a code of ISO 4217.
    #[error("`{0}` is not an ISO 4217 currency code")]
    UnknownCurrency(String),
    /// Not a decimal number.
    #[error("`{0}` is not a decimal amount")]
    NotDecimal(String),
}

impl Money {
    /// An amount in units of the currency, exactly.
    pub fn new(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let plain = amount.normalize();
        if plain.scale() > SCALE {
            return Err(MoneyError::TooPrecise(amount));
        }
        let factor = 10_i128.pow(SCALE - plain.scale());
        let micros = plain.mantissa().checked_mul(factor).ok_or(MoneyError::TooLarge)?;
        Ok(Self { micros: i64::try_from(micros).map_err(|_| MoneyError::TooLarge)?, currency })
    }

    /// Reads decimal digits such as `25.00`.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        // The decimal's own reader skips underscores; nobody writes amounts so.
        let amount =
            Some(text).filter(|text| !text.contains('_')).and_then(|text| Decimal::from_str_exact(text).ok());
        let amount = amount.ok_or_else(|| MoneyError::NotDecimal(text.chars().take(40).collect()))?;
        Self::new(amount, currency)
    }

    /// An amount in millionths of the currency's unit.
    pub const fn from_micros(micros: i64, currency: Currency) -> Self {
        Self { micros, currency }
    }

    /// Nothing, in a currency.
    pub const fn zero(currency: Currency) -> Self {
        Self::from_micros(0, currency)
    }

    /// Millionths of the currency's unit.
    pub const fn micros(self) -> i64 {
        self.micros
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// The amount with as many places as the currency is written with, or more where it needs them: `1.50`, `0.0085`.
    pub fn amount(self) -> Decimal {
        let mut plain = Decimal::new(self.micros, SCALE).normalize();
        if plain.scale() < self.currency.exponent() {
            plain.rescale(self.currency.exponent());
        }
        plain
    }

    /// More than nothing.
    pub const fn is_positive(self) -> bool {
        self.micros > 0
    }

    /// Less than nothing.
    pub const fn is_negative(self) -> bool {
        self.micros < 0
    }

    /// The sum, in one currency.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.require_same_currency(other)?;
        let micros = self.micros.checked_add(other.micros).ok_or(MoneyError::TooLarge)?;
        Ok(Self { micros, ..self })
    }

    /// The difference, in one currency.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.require_same_currency(other)?;
        let micros = self.micros.checked_sub(other.micros).ok_or(MoneyError::TooLarge)?;
        Ok(Self { micros, ..self })
    }

    /// Whether this is less than another amount of the same currency.
    pub fn is_less_than(self, other: Self) -> Result<bool, MoneyError> {
        self.require_same_currency(other)?;
        Ok(self.micros < other.micros)
    }

    fn require_same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch(self.currency, other.currency))
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How money is stored inside JSON documents: digits as text, so no reader can round them.
#[derive(Serialize, Deserialize)]
struct MoneyParts {
    amount: String,
    currency: Currency,
}

impl From<Money> for MoneyParts {
    fn from(money: Money) -> Self {
        Self { amount: money.amount().to_string(), currency: money.currency }
    }
}

impl TryFrom<MoneyParts> for Money {
    type Error = MoneyError;

    fn try_from(parts: MoneyParts) -> Result<Self, MoneyError> {
        Self::parse(&parts.amount, parts.currency)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn usd(text: &str) -> Money {
        Money::parse(text, Currency::USD).unwrap()
    }

    #[test]
    fn amounts_show_the_places_of_their_currency() {
        assert_eq!(usd("1.5").amount().to_string(), "1.50");
        assert_eq!(usd("0.0085").amount().to_string(), "0.0085");
        assert_eq!(usd("25").to_string(), "25.00 USD");
        assert_eq!(Money::parse("300", "JPY".parse().unwrap()).unwrap().to_string(), "300 JPY");
    }

    #[test]
    fn what_cannot_be_exact_is_refused() {
        assert!(matches!(Money::parse("0.0000001", Currency::USD), Err(MoneyError::TooPrecise(_))));
        assert_eq!(Money::parse("9223372036855", Currency::USD), Err(MoneyError::TooLarge));
        assert!(Money::parse("1e3", Currency::USD).is_err());
        assert!(Money::parse("1_000", Currency::USD).is_err());
        assert!(Money::parse("NaN", Currency::USD).is_err());
        assert_eq!(usd("1.5000000"), usd("1.5"), "zeros beyond the sixth place lose nothing");
    }

    #[test]
    fn currencies_do_not_mix() {
        let rupees = Money::parse("1", Currency::INR).unwrap();
        assert!(matches!(usd("1").checked_add(rupees), Err(MoneyError::CurrencyMismatch(..))));
        assert!(usd("1").is_less_than(rupees).is_err());
    }

    proptest! {
        #[test]
        fn micros_and_text_round_trip(micros in any::<i64>()) {
            let money = Money::from_micros(micros, Currency::USD);
            prop_assert_eq!(Money::new(money.amount(), Currency::USD).unwrap(), money);
            let json = serde_json::to_string(&money).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        }

        #[test]
        fn adding_and_taking_away_cancel(a in -1_000_000_000_000_i64..1_000_000_000_000, b in -1_000_000_000_000_i64..1_000_000_000_000) {
            let (a, b) = (Money::from_micros(a, Currency::USD), Money::from_micros(b, Currency::USD));
            prop_assert_eq!(a.checked_add(b).unwrap().checked_sub(b).unwrap(), a);
        }
    }
}

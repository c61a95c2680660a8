//! The floor: what should be left at the provider, in whatever currency its account is kept.

use std::fmt;
use std::str::FromStr;

use trunkline_domain::{Currency, Money, MoneyError};

/// An amount without a currency, exact to a millionth. Negative for an account that may owe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BalanceFloor {
    micros: i64,
}

impl BalanceFloor {
    /// The floor in the account's currency.
    pub const fn in_currency(self, currency: Currency) -> Money {
        Money::from_micros(self.micros, currency)
    }

    /// Whether it is zero, which stands for no floor.
    pub const fn is_zero(self) -> bool {
        self.micros == 0
    }
}

impl FromStr for BalanceFloor {
    type Err = MoneyError;

    /// Reads decimal digits such as `25.00`.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        // Every currency is stored to a millionth, so any of them reads it.
        Money::parse(text, Currency::USD).map(|money| Self { micros: money.micros() })
    }
}

impl fmt::Display for BalanceFloor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.in_currency(Currency::USD).amount().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floor_is_exact_in_any_currency() {
        let floor: BalanceFloor = "25.000001".parse().unwrap();
        assert_eq!(floor.in_currency(Currency::INR), Money::parse("25.000001", Currency::INR).unwrap());
        assert!("0.00".parse::<BalanceFloor>().unwrap().is_zero());
        assert!(!"-1".parse::<BalanceFloor>().unwrap().is_zero());
        for wrong in ["", "lots", "1.0000001", "99999999999999"] {
            assert!(wrong.parse::<BalanceFloor>().is_err(), "{wrong}");
        }
    }
}

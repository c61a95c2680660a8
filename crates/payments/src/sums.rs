//! Which currencies are taken, and how much of each: at least, at most, and on one day.

use std::fmt;
use std::str::FromStr;

use trunkline_domain::{Currency, Money};

/// A sum for each currency, as `5.00 USD, 100.00 INR`; nothing is converted between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums(Vec<Money>);

/// Sums that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SumsError(String);

impl Sums {
    /// The sum in a currency, where it is named.
    pub fn in_currency(&self, currency: Currency) -> Option<Money> {
        self.0.iter().copied().find(|sum| sum.currency() == currency)
    }

    /// Those in the currencies that others name; `None` where there are none.
    #[must_use]
    pub fn within(&self, others: &Self) -> Option<Self> {
        let shared = self.0.iter().copied().filter(|sum| others.in_currency(sum.currency()).is_some());
        Some(Self(shared.collect())).filter(|sums| !sums.0.is_empty())
    }

    /// The currencies that are named, by their codes.
    pub fn currencies(&self) -> impl Iterator<Item = Currency> {
        self.0.iter().map(|sum| sum.currency())
    }
}

impl FromStr for Sums {
    type Err = SumsError;

    fn from_str(text: &str) -> Result<Self, SumsError> {
        let mut sums = Vec::new();
        for part in text.split(',').map(str::trim) {
            let (amount, currency) = part.split_once(' ').ok_or_else(|| {
                SumsError(format!("`{part}` is not an amount and a currency, such as 5.00 USD"))
            })?;
            let wrong = |error: &dyn fmt::Display| SumsError(error.to_string());
            let currency: Currency = currency.trim().parse().map_err(|error| wrong(&error))?;
            let sum = Money::parse(amount, currency).map_err(|error| wrong(&error))?;
            if !sum.is_positive() {
                return Err(SumsError(format!("{sum} is not more than zero")));
            }
            sums.push(sum);
        }
        sums.sort_by_key(|sum: &Money| sum.currency().code());
        let twice = sums.windows(2).find_map(|pair| match pair {
            [one, next] if one.currency() == next.currency() => Some(one.currency()),
            _ => None,
        });
        twice.map_or(Ok(Self(sums)), |currency| Err(SumsError(format!("there are two sums in {currency}"))))
    }
}

impl fmt::Display for Sums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sums: Vec<String> = self.0.iter().map(Money::to_string).collect();
        f.write_str(&sums.join(", "))
    }
}

/// How much may be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentBounds {
    /// At least, in each currency that is taken.
    least: Sums,
    /// At most, in the same currencies.
    most: Sums,
    /// What one user may pay on one day (UTC); a currency that is not named has no cap.
    daily: Option<Sums>,
}

/// Why an amount is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Payments in this currency are not taken.
    #[error("payments are taken in {taken}, not in {currency}")]
    Currency {
        /// The currency.
        currency: Currency,
        /// Those that are, as a list for people.
        taken: String,
    },
    /// Less than is taken.
    #[error("at least {0}")]
    TooLittle(Money),
    /// More than is taken at once.
    #[error("at most {0} at once")]
    TooMuch(Money),
    /// Not in whole smallest units of the currency as the gateway counts them.
    #[error("{0} cannot be paid: it has more decimal places than can be paid in {currency}", currency = .0.currency())]
    TooPrecise(Money),
}

impl PaymentBounds {
    /// Bounds that agree with each other: every currency has a least and a most, and no least is above its most.
    pub fn new(least: Sums, most: Sums, daily: Option<Sums>) -> Result<Self, SumsError> {
        for currency in least.currencies().chain(most.currencies()) {
            let (Some(low), Some(high)) = (least.in_currency(currency), most.in_currency(currency)) else {
                return Err(SumsError(format!("{currency} needs both a least and a most")));
            };
            if low.micros() > high.micros() {
                return Err(SumsError(format!("the least {low} is above the most {high}")));
            }
        }
        if let Some(currency) =
            daily.iter().flat_map(Sums::currencies).find(|currency| least.in_currency(*currency).is_none())
        {
            return Err(SumsError(format!("{currency} has a cap for a day, and is not taken")));
        }
        Ok(Self { least, most, daily })
    }

    /// Whether an amount is taken.
    pub fn check(&self, amount: Money) -> Result<(), AmountError> {
        let currency = amount.currency();
        let (Some(least), Some(most)) = (self.least.in_currency(currency), self.most.in_currency(currency))
        else {
            let codes: Vec<&str> = self.least.currencies().map(Currency::code).collect();
            return Err(AmountError::Currency { currency, taken: codes.join(", ") });
        };
        if amount.micros() < least.micros() {
            return Err(AmountError::TooLittle(least));
        }
        if amount.micros() > most.micros() {
            return Err(AmountError::TooMuch(most));
        }
        Ok(())
    }

    /// What one user may pay in a currency on one day.
    pub fn daily_cap(&self, currency: Currency) -> Option<Money> {
        self.daily.as_ref().and_then(|sums| sums.in_currency(currency))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn bounds(least: &str, most: &str, daily: &str) -> Result<PaymentBounds, SumsError> {
        PaymentBounds::new(least.parse()?, most.parse()?, Some(daily.parse()?))
    }

    fn money(text: &str) -> Money {
        let (amount, currency) = text.split_once(' ').unwrap();
        Money::parse(amount, currency.parse().unwrap()).unwrap()
    }

    #[rstest]
    #[case("4.99 USD", "at least 5.00 USD")]
    #[case("500.01 USD", "at most 500.00 USD at once")]
    #[case("10 EUR", "payments are taken in JPY, USD, not in EUR")]
    fn what_is_not_taken_is_said(#[case] amount: &str, #[case] said: &str) {
        let bounds = bounds("5 USD, 500 JPY", "500 USD, 50000 JPY", "1000 USD").unwrap();
        assert_eq!(bounds.check(money(amount)).unwrap_err().to_string(), said);
        for taken in ["5 USD", "500 USD", "500 JPY"] {
            assert_eq!(bounds.check(money(taken)), Ok(()));
        }
        assert_eq!(bounds.daily_cap(Currency::USD), Some(money("1000 USD")));
        assert_eq!(bounds.daily_cap("JPY".parse().unwrap()), None);
    }

    #[rstest]
    #[case("5 USD", "4 USD", "9 USD")]
    #[case("5 USD", "5 EUR", "9 USD")]
    #[case("5 USD, 5 USD", "9 USD", "9 USD")]
    #[case("0 USD", "9 USD", "9 USD")]
    #[case("5 USD", "9 USD", "9 EUR")]
    #[case("USD", "9 USD", "9 USD")]
    #[case("", "9 USD", "9 USD")]
    fn bounds_that_contradict_each_other_are_refused(
        #[case] least: &str,
        #[case] most: &str,
        #[case] daily: &str,
    ) {
        assert!(bounds(least, most, daily).is_err());
    }
}

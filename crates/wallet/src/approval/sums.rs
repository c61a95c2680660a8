//! The setting: above which sum in each currency another operator must approve.

use std::fmt;
use std::str::FromStr;

use trunkline_domain::{Currency, Money};

/// A sum for each currency, as `500.00 USD, 40000.00 INR`. Nothing is converted: in a currency that it does not name
/// every amount needs an approval, so that nobody goes round it by another currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalSums(Vec<Money>);

/// Sums that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ApprovalSumsError(String);

impl ApprovalSums {
    /// What may be moved in a currency without another operator.
    pub fn in_currency(&self, currency: Currency) -> Money {
        let named = self.0.iter().copied().find(|sum| sum.currency() == currency);
        named.unwrap_or(Money::zero(currency))
    }

    fn of(mut sums: Vec<Money>) -> Result<Self, ApprovalSumsError> {
        sums.sort_by_key(|sum| sum.currency().code());
        if let Some(sum) = sums.iter().find(|sum| sum.is_negative()) {
            return Err(ApprovalSumsError(format!("{sum} is below zero")));
        }
        let neighbours = sums.iter().zip(sums.iter().skip(1));
        if let Some((sum, _)) = neighbours.into_iter().find(|(one, next)| one.currency() == next.currency()) {
            return Err(ApprovalSumsError(format!("there are two sums in {}", sum.currency())));
        }
        Ok(Self(sums))
    }
}

impl FromStr for ApprovalSums {
    type Err = ApprovalSumsError;

    fn from_str(text: &str) -> Result<Self, ApprovalSumsError> {
        let wrong = |error: &dyn fmt::Display| ApprovalSumsError(error.to_string());
        let sum = |part: &str| {
            let (amount, currency) = part.trim().split_once(' ').ok_or_else(|| {
                ApprovalSumsError(format!(
                    "`{}` is not an amount and a currency, such as 500.00 USD",
                    part.trim()
                ))
            })?;
            let currency = currency.trim().parse().map_err(|error| wrong(&error))?;
            Money::parse(amount, currency).map_err(|error| wrong(&error))
        };
        Self::of(text.split(',').map(sum).collect::<Result<_, _>>()?)
    }
}

impl fmt::Display for ApprovalSums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sums: Vec<String> = self.0.iter().map(Money::to_string).collect();
        f.write_str(&sums.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_currency_that_is_not_named_has_nothing_free() {
        let sums: ApprovalSums = "40000 INR,500.50 usd".parse().unwrap();
        let said = |currency| sums.in_currency(currency).to_string();
        assert_eq!(
            (said(Currency::USD).as_str(), said(Currency::INR).as_str()),
            ("500.50 USD", "40000.00 INR")
        );
        assert_eq!(said("EUR".parse().unwrap()), "0.00 EUR");
        assert_eq!(sums.to_string(), "40000.00 INR, 500.50 USD");
        assert!("0 USD".parse::<ApprovalSums>().is_ok(), "everything needs an approval");
    }

    #[rstest]
    #[case("")]
    #[case("500")]
    #[case("USD 500")]
    #[case("-1 USD")]
    #[case("1 USD, 2 USD")]
    #[case("1 USD,")]
    #[case("0.0000001 USD")]
    #[case("5 XYZ")]
    fn what_is_no_sum_is_refused(#[case] text: &str) {
        assert!(text.parse::<ApprovalSums>().is_err());
    }
}

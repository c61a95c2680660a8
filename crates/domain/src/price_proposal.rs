//! A price file proposed from what numbers cost the operator: cost plus a mark-up, rounded up to whole coins.
//!
//! Invariant: what is proposed is a good price file, and no price in it is below its cost. It is a draft for a
//! person: what the operator has set apart from the prices (other currencies, set-up prices, bundles, addresses) is
//! carried over, and what has no known cost stays as it was and says so.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};

use crate::{Country, Money, MoneyError, NumberType, Offer, PriceBook};

/// What a number costs the operator each month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberCost {
    /// Its country.
    pub country: Country,
    /// Its type.
    pub number_type: NumberType,
    /// Each month.
    pub monthly: Money,
}

/// What is put on top of a cost, in percent: `30%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarkUp(Decimal);

/// Text that is no mark-up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a mark-up: write a percentage from 0% to 1000%, such as 30%")]
pub struct MarkUpError(String);

/// The highest mark-up, in percent; beyond it somebody has slipped.
const MARK_UP_MAX: i64 = 1_000;
/// Decimal places of a mark-up.
const MARK_UP_SCALE: u32 = 2;

impl MarkUp {
    /// A cost with the mark-up on top, rounded up to the smallest coin of its currency.
    pub fn on(self, cost: Money) -> Result<Money, MoneyError> {
        let factor = (self.0 / Decimal::ONE_HUNDRED) + Decimal::ONE;
        let price = cost.amount().checked_mul(factor).ok_or(MoneyError::TooLarge)?;
        let coins = cost.currency().exponent();
        Money::new(price.round_dp_with_strategy(coins, RoundingStrategy::ToPositiveInfinity), cost.currency())
    }
}

impl FromStr for MarkUp {
    type Err = MarkUpError;

    /// Reads `30%` or `30`, with up to two decimals.
    fn from_str(text: &str) -> Result<Self, MarkUpError> {
        let digits = text.trim();
        let digits = digits.strip_suffix('%').unwrap_or(digits).trim_end();
        Decimal::from_str_exact(digits)
            .ok()
            .filter(|percent| percent.scale() <= MARK_UP_SCALE)
            .filter(|percent| (Decimal::ZERO..=Decimal::from(MARK_UP_MAX)).contains(percent))
            .map(Self)
            .ok_or_else(|| MarkUpError(text.chars().take(20).collect()))
    }
}

impl fmt::Display for MarkUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0.normalize())
    }
}

/// The text of a price file: every country and type that has a cost or a price now.
pub fn propose_prices(
    costs: &[NumberCost],
    mark_up: MarkUp,
    current: &PriceBook,
) -> Result<String, MoneyError> {
    let costs: BTreeMap<_, _> = costs
        .iter()
        .filter(|cost| cost.monthly.is_positive())
        .map(|cost| ((cost.country, cost.number_type), cost.monthly))
        .collect();
    let mut offers: BTreeMap<_, Vec<Offer>> = BTreeMap::new();
    for offer in current.offers() {
        offers.entry((offer.country, offer.number_type)).or_default().push(offer);
    }
    let keys: BTreeSet<_> = costs.keys().chain(offers.keys()).copied().collect();
    let mut text = format!(
        "# Proposed: what each number costs, and {mark_up} on top, rounded up to whole coins.\n\
         # Read it, change what you like, and check it with: trunkline prices check FILE\n"
    );
    for key in keys {
        let offers = offers.get(&key).map(Vec::as_slice).unwrap_or_default();
        let section = Section { key, cost: costs.get(&key).copied(), offers, current };
        text.push_str(&section.text(mark_up)?);
    }
    Ok(text)
}

/// One country and type of the file.
struct Section<'a> {
    key: (Country, NumberType),
    cost: Option<Money>,
    offers: &'a [Offer],
    current: &'a PriceBook,
}

impl Section<'_> {
    fn text(&self, mark_up: MarkUp) -> Result<String, MoneyError> {
        let (country, number_type) = self.key;
        let mut text = String::from("\n");
        if self.cost.is_none() {
            text.push_str("# The provider names no price for these numbers: this is the price as it was.\n");
        }
        let _ = writeln!(text, "[{country}.{number_type}]");
        let _ = writeln!(text, "monthly = {}", table(&self.monthly(mark_up)?));
        let setup: Vec<_> =
            self.offers.iter().map(|offer| offer.setup).filter(|setup| setup.is_positive()).collect();
        if !setup.is_empty() {
            let _ = writeln!(text, "setup = {}", table(&setup));
        }
        if let Some(cost) = self.cost {
            let _ = writeln!(text, "cost = {}", table(&[cost]));
        }
        let needs = self.current.needs(country, number_type);
        for (name, sid) in [("bundle_sid", needs.bundle_sid), ("address_sid", needs.address_sid)] {
            if let Some(sid) = sid {
                let _ = writeln!(text, "{name} = \"{sid}\"");
            }
        }
        Ok(text)
    }

    /// The proposed price in the cost's currency, and the present prices in every other.
    fn monthly(&self, mark_up: MarkUp) -> Result<Vec<Money>, MoneyError> {
        let proposed = self.cost.map(|cost| mark_up.on(cost)).transpose()?;
        let others = self.offers.iter().map(|offer| offer.monthly);
        let others = others.filter(|price| proposed.is_none_or(|p| p.currency() != price.currency()));
        Ok(proposed.into_iter().chain(others).collect())
    }
}

/// Amounts as the file writes them: `{ USD = "1.50", INR = "120" }`.
fn table(amounts: &[Money]) -> String {
    let pairs: Vec<_> =
        amounts.iter().map(|money| format!("{} = \"{}\"", money.currency(), money.amount())).collect();
    format!("{{ {} }}", pairs.join(", "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::Currency;

    fn cost(country: Country, number_type: NumberType, amount: &str) -> NumberCost {
        NumberCost { country, number_type, monthly: Money::parse(amount, Currency::USD).unwrap() }
    }

    #[rstest]
    #[case("1.15", "30%", "1.50")]
    #[case("1.00", "30%", "1.30")]
    #[case("2.15", "0", "2.15")]
    #[case("0.0085", "100%", "0.02")]
    #[case("1.15", "12.5 %", "1.30")]
    fn a_mark_up_is_rounded_up_to_coins(#[case] cost: &str, #[case] mark_up: &str, #[case] price: &str) {
        let mark_up: MarkUp = mark_up.parse().unwrap();
        let price = Money::parse(price, Currency::USD).unwrap();
        assert_eq!(mark_up.on(Money::parse(cost, Currency::USD).unwrap()), Ok(price));
    }

    #[rstest]
    #[case("")]
    #[case("%")]
    #[case("-1%")]
    #[case("1001%")]
    #[case("30.125%")]
    #[case("a third")]
    fn what_is_no_percentage_is_refused(#[case] text: &str) {
        assert!(text.parse::<MarkUp>().unwrap_err().to_string().contains("30%"));
    }

    #[test]
    fn what_the_operator_has_set_is_carried_over() {
        let current = PriceBook::parse(
            "[GB.mobile]\nmonthly = { USD = \"9\", INR = \"900\" }\nsetup = { INR = \"10\" }\n\
             bundle_sid = \"BU00000000000000000000000000000001\"\n\
             [US.mobile]\nmonthly = { USD = \"2\" }",
        )
        .unwrap();
        let costs =
            [cost(Country::GB, NumberType::Mobile, "2.50"), cost(Country::US, NumberType::Local, "1.15")];
        let text = propose_prices(&costs, "30%".parse().unwrap(), &current).unwrap();
        assert_eq!(
            text.split_once("\n\n").unwrap().1,
            "[GB.mobile]\n\
             monthly = { USD = \"3.25\", INR = \"900.00\" }\n\
             setup = { INR = \"10.00\" }\n\
             cost = { USD = \"2.50\" }\n\
             bundle_sid = \"BU00000000000000000000000000000001\"\n\
             \n\
             [US.local]\n\
             monthly = { USD = \"1.50\" }\n\
             cost = { USD = \"1.15\" }\n\
             \n\
             # The provider names no price for these numbers: this is the price as it was.\n\
             [US.mobile]\n\
             monthly = { USD = \"2.00\" }\n"
        );
    }

    #[test]
    fn a_number_that_costs_nothing_gets_no_price_of_nothing() {
        let current = PriceBook::embedded().unwrap();
        let free = [cost(Country::US, NumberType::Local, "0")];
        let text = propose_prices(&free, "30%".parse().unwrap(), &current).unwrap();
        let offer = PriceBook::parse(&text).unwrap().offer(Country::US, NumberType::Local, Currency::USD);
        assert_eq!(offer.unwrap().monthly.to_string(), "1.50 USD");
    }

    proptest! {
        #[test]
        fn a_proposal_is_a_good_price_file(micros in 1_i64..1_000_000_000_000, hundredths in 0_i64..100_000) {
            let monthly = Money::from_micros(micros, Currency::USD);
            let costs = [NumberCost { country: Country::US, number_type: NumberType::Local, monthly }];
            let mark_up: MarkUp = Decimal::new(hundredths, MARK_UP_SCALE).to_string().parse().unwrap();
            let text = propose_prices(&costs, mark_up, &PriceBook::embedded().unwrap()).unwrap();
            let book = PriceBook::parse(&text).unwrap();
            let offer = book.offer(Country::US, NumberType::Local, Currency::USD).unwrap();
            prop_assert!(!offer.monthly.is_less_than(monthly).unwrap());
        }
    }
}

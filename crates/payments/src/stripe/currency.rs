//! Amounts as Stripe writes them: whole numbers of a unit that depends on the currency (Stripe's page "Currencies").
//!
//! Invariant: exact or not at all. An amount that Stripe cannot express has no number, and a currency whose unit Stripe's
//! page does not settle has no unit; neither is ever rounded.

use trunkline_domain::{Currency, Money};

/// Currencies that Stripe counts in whole units. Of ISO's two places of the ariary (MGA) Stripe keeps none.
const WHOLE: &[&str] = &[
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF",
];

/// Currencies of whole units that are written with two places all the same, always `00`: 500 charges 5 ISK.
const WHOLE_IN_HUNDREDTHS: &[&str] = &["ISK", "UGX"];

/// Currencies of three places, the last of which must be 0.
const THOUSANDTHS: &[&str] = &["BHD", "JOD", "KWD", "OMR", "TND"];

/// How Stripe counts a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Scale {
    /// Millionths in what the number 1 stands for.
    unit: i64,
    /// What numbers to be charged must be divisible by.
    step: i64,
}

/// `None` for a currency with other than two places that Stripe's page does not list. The forint and the Taiwan dollar
/// have two when they are charged; only payouts of them are whole.
fn scale(currency: Currency) -> Option<Scale> {
    let code = currency.code();
    if WHOLE.contains(&code) {
        return Some(Scale { unit: 1_000_000, step: 1 });
    }
    if WHOLE_IN_HUNDREDTHS.contains(&code) {
        return Some(Scale { unit: 10_000, step: 100 });
    }
    if THOUSANDTHS.contains(&code) {
        return Some(Scale { unit: 1_000, step: 10 });
    }
    (currency.exponent() == 2).then_some(Scale { unit: 10_000, step: 1 })
}

/// The least amount by which two charges in a currency can differ; `None` for a currency that is not charged. What Stripe
/// charges at least is more than this, about half a US dollar, and differs with the account's own currency.
pub fn smallest_unit(currency: Currency) -> Option<Money> {
    let Scale { unit, step } = scale(currency)?;
    Some(Money::from_micros(unit * step, currency))
}

/// Whether an amount can be charged exactly: more than nothing, and divided by [`smallest_unit`].
pub fn can_be_charged(amount: Money) -> bool {
    to_stripe(amount).is_some()
}

/// The number that charges an amount.
pub(super) fn to_stripe(amount: Money) -> Option<i64> {
    let Scale { unit, step } = scale(amount.currency())?;
    let exact = amount.is_positive() && amount.micros() % (unit * step) == 0;
    exact.then(|| amount.micros() / unit)
}

/// The amount that a number of Stripe's stands for, and `None` for a currency that we cannot read. Stripe may take back
/// what it would not charge, so the step does not matter.
pub(super) fn from_stripe(number: i64, currency: &str) -> Option<Money> {
    let currency: Currency = currency.parse().ok()?;
    let micros = number.checked_mul(scale(currency)?.unit)?;
    Some(Money::from_micros(micros, currency))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn money(text: &str, currency: &str) -> Money {
        Money::parse(text, currency.parse().unwrap()).unwrap()
    }

    #[rstest]
    #[case::dollars("10", "USD", 1000)]
    #[case::cents("0.01", "USD", 1)]
    #[case::rupees("499.50", "INR", 49_950)]
    #[case::yen("500", "JPY", 500)]
    #[case::ariary("500", "MGA", 500)]
    #[case::dinars("5.12", "KWD", 5120)]
    #[case::kronur("5", "ISK", 500)]
    #[case::shillings("5", "UGX", 500)]
    #[case::forints("10.45", "HUF", 1045)]
    #[case::taiwan_dollars("800.45", "TWD", 80_045)]
    fn amounts_are_whole_numbers_of_stripes_unit(
        #[case] amount: &str,
        #[case] currency: &str,
        #[case] number: i64,
    ) {
        let amount = money(amount, currency);
        assert_eq!(to_stripe(amount), Some(number));
        assert_eq!(from_stripe(number, &currency.to_ascii_lowercase()), Some(amount));
    }

    #[rstest]
    #[case::part_of_a_cent("0.015", "USD")]
    #[case::part_of_a_yen("500.5", "JPY")]
    #[case::part_of_an_ariary("0.2", "MGA")]
    #[case::third_place("5.125", "KWD")]
    #[case::part_of_a_krona("5.50", "ISK")]
    #[case::part_of_a_shilling("0.01", "UGX")]
    #[case::nothing("0", "USD")]
    #[case::less_than_nothing("-1", "USD")]
    #[case::three_places_that_stripe_does_not_list("1", "IQD")]
    #[case::no_places_in_iso("1", "XAU")]
    fn what_stripe_cannot_express_has_no_number(#[case] amount: &str, #[case] currency: &str) {
        assert!(!can_be_charged(money(amount, currency)));
    }

    #[rstest]
    #[case("USD", Some("0.01"))]
    #[case("JPY", Some("1"))]
    #[case("KWD", Some("0.01"))]
    #[case("ISK", Some("1"))]
    #[case("IQD", None)]
    fn the_smallest_unit_is_what_charges_differ_by(#[case] currency: &str, #[case] unit: Option<&str>) {
        let expected = unit.map(|unit| money(unit, currency));
        assert_eq!(smallest_unit(currency.parse().unwrap()), expected);
    }

    #[test]
    fn what_we_cannot_read_has_no_amount() {
        assert_eq!(from_stripe(1, "usdc"), None);
        assert_eq!(from_stripe(1, "iqd"), None);
        assert_eq!(from_stripe(i64::MAX, "usd"), None);
    }

    #[test]
    fn every_listed_currency_is_one_of_iso() {
        for code in [WHOLE, WHOLE_IN_HUNDREDTHS, THOUSANDTHS].concat() {
            let currency: Currency = code.parse().unwrap();
            assert!(scale(currency).is_some(), "{code}");
        }
    }

    proptest! {
        #[test]
        fn numbers_round_trip(
            micros in any::<i64>(),
            code in prop::sample::select(vec!["USD", "JPY", "KWD", "ISK", "UGX", "HUF", "MGA", "IQD"]),
        ) {
            let currency: Currency = code.parse().unwrap();
            let amount = Money::from_micros(micros, currency);
            if let Some(number) = to_stripe(amount) {
                prop_assert_eq!(from_stripe(number, code), Some(amount));
            }
            let unit = smallest_unit(currency).map(Money::micros);
            let divided = unit.is_some_and(|unit| micros > 0 && micros % unit == 0);
            prop_assert_eq!(can_be_charged(amount), divided);
        }
    }
}

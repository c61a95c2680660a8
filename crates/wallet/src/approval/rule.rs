//! The comparison. A store makes it inside its transition, where nobody else posts to the same wallet meanwhile.

use std::time::Duration;

use trunkline_domain::Money;

use super::Operator;

/// How much one operator may move without another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRule {
    /// The sum that needs no approval yet.
    pub above: Money,
    /// Who asks, so that what they moved before is counted.
    pub operator: Operator,
}

impl ApprovalRule {
    /// For how long what an operator moved without an approval counts towards the sum of the same wallet. An amount that
    /// is cut into parts needs as many days as it has parts.
    pub const WINDOW: Duration = Duration::from_hours(24);

    /// Whether another operator must approve this amount, where the same operator moved these into the same wallet or out
    /// of it within the [`WINDOW`](Self::WINDOW). Directions do not cancel: what is put in and taken out counts twice.
    /// What cannot be reckoned needs an approval.
    pub fn asks_for_another(&self, moved_before: &[Money], amount: Money) -> bool {
        let total = moved_before.iter().try_fold(amount, |sum, moved| sum.checked_add(*moved));
        total.and_then(|total| self.above.is_less_than(total)).unwrap_or(true)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use trunkline_domain::{Currency, Origin};

    use super::*;

    fn usd(text: &str) -> Money {
        Money::parse(text, Currency::USD).unwrap()
    }

    #[rstest]
    #[case("500", &[], "500", false)]
    #[case("500", &[], "500.000001", true)]
    #[case("500", &["300"], "200", false)]
    #[case("500", &["300"], "200.01", true)]
    #[case("500", &["250", "250"], "0.000001", true)]
    #[case("0", &[], "0.000001", true)]
    #[case("500", &["9223372036854", "9223372036854"], "1", true)]
    fn the_sum_itself_is_free_and_a_millionth_more_is_not(
        #[case] above: &str,
        #[case] before: &[&str],
        #[case] amount: &str,
        #[case] expected: bool,
    ) {
        let rule = ApprovalRule { above: usd(above), operator: Operator::of(&Origin::command_line().actor) };
        let before: Vec<Money> = before.iter().map(|text| usd(text)).collect();
        assert_eq!(rule.asks_for_another(&before, usd(amount)), expected);
    }

    #[test]
    fn what_cannot_be_reckoned_together_needs_an_approval() {
        let rule = ApprovalRule { above: usd("5"), operator: Operator::of(&Origin::command_line().actor) };
        assert!(rule.asks_for_another(&[Money::zero(Currency::INR)], usd("1")));
    }
}

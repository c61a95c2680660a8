//! The rule of thresholds: which of them a wallet's rows have crossed since the last look, and what is remembered of it.
//!
//! A threshold fires where what can be spent goes from the threshold or above to below it, between two rows of the
//! journal; going above again arms it. It is computed from what the rows say that the wallet was after each of them, so a
//! balance that dips and recovers between two looks is seen, and one that stays low says nothing more. Several crossings
//! of one threshold within a look are one notice, with the latest balance.
//!
//! A threshold of the user's own that was not there at the last look has seen no crossing: it fires at once where the
//! balance is below it. One that is for everybody does not, or a changed setting would write to every customer with
//! little money.

use trunkline_domain::Money;

use crate::DefaultThresholds;
use crate::store::{MovedWallet, Standing};

/// What a look comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The thresholds that fire, the highest first.
    pub(crate) fired: Vec<Money>,
    /// What is remembered: where the wallet stood last, and which thresholds it was compared with.
    pub(crate) standing: Standing,
}

/// Looks at the rows that a wallet has more than at the last look.
pub(crate) fn look(moved: &MovedWallet, everybody: &DefaultThresholds) -> Seen {
    let before = &moved.mark.standing;
    let own = moved.alerts.own.as_ref();
    let wanted = own.cloned().unwrap_or_else(|| everybody.in_currency(moved.currency));
    let balances = || std::iter::once(before.available).chain(moved.steps.iter().map(|step| step.available));
    let latest = balances().last().unwrap_or(before.available);
    let is_new = |threshold: &Money| own.is_some() && !before.thresholds.amounts().contains(threshold);
    let crossed = |threshold: Money| {
        let pairs = balances().zip(balances().skip(1));
        pairs
            .into_iter()
            .any(|(was, is)| was.micros() >= threshold.micros() && is.micros() < threshold.micros())
    };
    let is_told = |threshold: &Money| {
        if is_new(threshold) { latest.micros() < threshold.micros() } else { crossed(*threshold) }
    };
    let fired = wanted.amounts().iter().copied().filter(is_told).collect();
    let version = moved.steps.last().map_or(before.version, |step| step.version);
    Seen { fired, standing: Standing { version, available: latest, thresholds: wanted } }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use trunkline_domain::{Currency, WalletId};
    use uuid::Uuid;

    use super::*;
    use crate::Thresholds;
    use crate::store::{Alerts, Mark, Step};

    fn usd(units: i64) -> Money {
        Money::from_micros(units * 1_000_000, Currency::USD)
    }

    fn thresholds(units: &[i64]) -> Thresholds {
        Thresholds::new(units.iter().copied().map(usd).collect()).unwrap()
    }

    /// A wallet that stood at `before`, compared with `known`, and has had these balances since.
    fn moved(before: i64, known: &[i64], own: Option<&[i64]>, balances: &[i64]) -> MovedWallet {
        let standing = Standing { version: 10, available: usd(before), thresholds: thresholds(known) };
        let step = |(n, units): (usize, &i64)| Step {
            version: 11 + i64::try_from(n).unwrap(),
            available: usd(*units),
        };
        MovedWallet {
            wallet: WalletId::from_uuid(Uuid::nil()),
            user: "ann".parse().unwrap(),
            currency: Currency::USD,
            mark: Mark { revision: 1, standing },
            steps: balances.iter().enumerate().map(step).collect(),
            alerts: Alerts { own: own.map(thresholds), ..Alerts::default() },
        }
    }

    fn fired(moved: &MovedWallet, everybody: &str) -> Vec<Money> {
        let everybody =
            if everybody.is_empty() { DefaultThresholds::NONE } else { everybody.parse().unwrap() };
        look(moved, &everybody).fired
    }

    #[test]
    fn a_threshold_fires_where_it_is_crossed_downwards() {
        for (before, balances, fires) in [
            (10, &[5][..], false),
            (10, &[4], true),
            (5, &[4], true),
            (4, &[3], false),
            (4, &[5], false),
            (10, &[4, 10], true),
            (4, &[10, 4], true),
            (4, &[], false),
            (10, &[], false),
        ] {
            let expected = if fires { vec![usd(5)] } else { vec![] };
            assert_eq!(
                fired(&moved(before, &[5], None, balances), "5 USD"),
                expected,
                "{before} {balances:?}"
            );
            assert_eq!(
                fired(&moved(before, &[5], Some(&[5]), balances), ""),
                expected,
                "{before} {balances:?}"
            );
        }
    }

    #[test]
    fn several_crossings_of_a_look_are_one_and_each_threshold_is_its_own() {
        assert_eq!(fired(&moved(10, &[8, 5], None, &[4, 10, 4, 10]), "5 USD, 8 USD"), [usd(8), usd(5)]);
        assert_eq!(fired(&moved(10, &[8, 5], None, &[6]), "5 USD, 8 USD"), [usd(8)]);
    }

    #[test]
    fn a_new_threshold_of_the_users_own_fires_at_once_and_once() {
        assert_eq!(fired(&moved(4, &[], Some(&[5]), &[]), ""), [usd(5)]);
        assert_eq!(fired(&moved(4, &[5], Some(&[5]), &[]), ""), []);
        assert_eq!(fired(&moved(6, &[], Some(&[5]), &[]), ""), []);
        assert_eq!(
            fired(&moved(4, &[5], Some(&[9, 5]), &[]), "5 USD"),
            [usd(9)],
            "the one for everybody was known"
        );
    }

    #[test]
    fn a_new_threshold_for_everybody_writes_to_nobody_who_was_low_before() {
        assert_eq!(fired(&moved(4, &[], None, &[3]), "5 USD"), []);
        assert_eq!(fired(&moved(6, &[], None, &[3]), "5 USD"), [usd(5)]);
        assert_eq!(fired(&moved(0, &[], None, &[3]), "5 USD"), [], "a first credit is no fall");
    }

    #[test]
    fn what_is_switched_off_is_forgotten() {
        let off = moved(10, &[5], Some(&[]), &[3]);
        let seen = look(&off, &"5 USD".parse().unwrap());
        assert_eq!((seen.fired, seen.standing.thresholds), (vec![], Thresholds::NONE));
    }

    proptest! {
        /// However a walk is cut into looks, a threshold fires in those looks that hold a crossing of it, and in no others;
        /// where every row is looked at alone, crossings and notices are the same.
        #[test]
        fn crossings_are_notices(
            walk in prop::collection::vec(0_i64..12, 1..60),
            cuts in prop::collection::vec(any::<bool>(), 60),
            threshold in 1_i64..12,
        ) {
            let everybody: DefaultThresholds = format!("{threshold} USD").parse().unwrap();
            let (mut told, mut expected) = (0, 0);
            let (mut since, mut before, mut crossed_since, mut last) = (Vec::new(), 0, 0, 0);
            for (n, balance) in walk.iter().enumerate() {
                crossed_since += usize::from(last >= threshold && *balance < threshold);
                last = *balance;
                since.push(*balance);
                if cuts[n] {
                    told += fired(&moved(before, &[threshold], None, &since), &everybody.to_string()).len();
                    expected += usize::from(crossed_since > 0);
                    (before, crossed_since) = (last, 0);
                    since.clear();
                }
            }
            prop_assert_eq!(told, expected);
        }
    }
}

//! What an import came to: counts, sums, and everything that a person has to know of.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;
use trunkline_domain::{Currency, Money};

/// So many findings are kept in full; further ones are counted.
const FINDINGS_KEPT: usize = 1_000;

/// What an import came to, or would come to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportReport {
    /// Users.
    pub users: Tally,
    /// Businesses.
    pub businesses: Tally,
    /// Numbers.
    pub numbers: Tally,
    /// Numbers that their users had given back in the original. They are not moved.
    pub numbers_given_back: u64,
    /// Numbers moved at the price that the original has.
    pub priced_by_original: u64,
    /// Numbers moved at the price file's price, because the original has none.
    pub priced_by_price_file: u64,
    /// Balances, one for each wallet and currency in which there was something.
    pub balances: Tally,
    /// Lines of the history.
    pub lines: Tally,
    /// The sums of the balances, by currency.
    pub sums: Vec<BalanceSum>,
    /// What a person has to know of; of very many the first thousand.
    pub findings: Vec<Finding>,
    /// How many there are.
    pub found: u64,
}

/// How many of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Moved by this run, or to be moved by it.
    pub moved: u64,
    /// Here already, as they should be.
    pub here: u64,
    /// Here already, and otherwise than the original has them.
    pub differ: u64,
    /// Not moved.
    pub left: u64,
}

/// The balances of one currency. `original` is always the sum of the four that follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BalanceSum {
    /// The currency.
    pub currency: Currency,
    /// What the original's wallets say, everything that is a number included.
    pub original: Decimal,
    /// Moved by this run, or to be moved by it.
    pub moved: Decimal,
    /// Moved by an earlier run.
    pub here: Decimal,
    /// By how much the original's balances have changed since they were moved.
    pub changed_since: Decimal,
    /// Not moved.
    pub left: Decimal,
    /// What our ledger says that opening balances have paid out; read at the end.
    pub ledger: Decimal,
}

impl BalanceSum {
    /// With as many places as the currency is written with, or more where an amount needs them.
    fn written_out(self) -> Self {
        let places = self.currency.exponent();
        let written = |amount: Decimal| {
            let mut plain = amount.normalize();
            if plain.scale() < places {
                plain.rescale(places);
            }
            plain
        };
        Self {
            original: written(self.original),
            moved: written(self.moved),
            here: written(self.here),
            changed_since: written(self.changed_since),
            left: written(self.left),
            ledger: written(self.ledger),
            ..self
        }
    }
}

/// Something that a person has to know of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What kind of thing it is.
    pub kind: FindingKind,
    /// Whose, as the original has it.
    pub user: Option<String>,
    /// About what.
    pub subject: String,
    /// What is the matter.
    pub message: String,
}

/// What kind of thing a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// It was not moved.
    NotMoved,
    /// It is here, and otherwise than the original has it.
    Differs,
    /// It is moved, and not quite as it was.
    Adjusted,
}

impl ImportReport {
    /// Whether everything is here as the original has it.
    pub fn is_clean(&self) -> bool {
        let tallies = [self.users, self.businesses, self.numbers, self.balances, self.lines];
        tallies.iter().all(|tally| tally.differ == 0 && tally.left == 0)
    }

    /// How many things this run moved, or would move.
    pub fn moved(&self) -> u64 {
        let tallies = [self.users, self.businesses, self.numbers, self.balances, self.lines];
        tallies.iter().map(|tally| tally.moved).sum()
    }

    /// Adds what one user came to. Sums are kept apart.
    pub(crate) fn absorb(&mut self, other: Self) {
        let Self { users, businesses, numbers, balances, lines, .. } = other;
        self.users.absorb(users);
        self.businesses.absorb(businesses);
        self.numbers.absorb(numbers);
        self.balances.absorb(balances);
        self.lines.absorb(lines);
        self.numbers_given_back += other.numbers_given_back;
        self.priced_by_original += other.priced_by_original;
        self.priced_by_price_file += other.priced_by_price_file;
        let unnamed = other.found.saturating_sub(u64::try_from(other.findings.len()).unwrap_or(u64::MAX));
        for finding in other.findings {
            self.add(finding);
        }
        self.found += unnamed;
    }

    pub(crate) fn add(&mut self, finding: Finding) {
        self.found += 1;
        if self.findings.len() < FINDINGS_KEPT {
            self.findings.push(finding);
        }
    }
}

impl Tally {
    fn absorb(&mut self, other: Self) {
        self.moved += other.moved;
        self.here += other.here;
        self.differ += other.differ;
        self.left += other.left;
    }
}

/// The sums while they grow.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sums(BTreeMap<&'static str, BalanceSum>);

impl Sums {
    pub(crate) fn of(&mut self, currency: Currency) -> &mut BalanceSum {
        let zero = Decimal::ZERO;
        self.0.entry(currency.code()).or_insert(BalanceSum {
            currency,
            original: zero,
            moved: zero,
            here: zero,
            changed_since: zero,
            left: zero,
            ledger: zero,
        })
    }

    /// The sums, with what the ledger says.
    pub(crate) fn finish(mut self, opened: &[Money]) -> Vec<BalanceSum> {
        for sum in opened {
            self.of(sum.currency()).ledger = sum.amount();
        }
        self.0.into_values().map(BalanceSum::written_out).collect()
    }
}

//! What a list of numbers counts and costs, by currency.

use trunkline_provisioning::port::MonthlyCost;

use crate::codec::parse;
use crate::error::Fault;

/// The numbers of one currency.
#[derive(Debug)]
pub(crate) struct MonthlySum {
    pub(crate) currency: String,
    pub(crate) numbers: i64,
    /// What they cost together. It may be more than an engine's integers hold.
    pub(crate) micros: i128,
}

/// How many numbers there are in all currencies, and what they cost in each.
pub(crate) fn sum_up(sums: &[MonthlySum]) -> Result<(u64, Vec<MonthlyCost>), Fault> {
    let total = sums.iter().map(|sum| sum.numbers.unsigned_abs()).sum();
    let cost = |sum: &MonthlySum| {
        let currency = parse("business_numbers.currency", &sum.currency)?;
        Ok(MonthlyCost { currency, micros: sum.micros })
    };
    Ok((total, sums.iter().map(cost).collect::<Result<_, Fault>>()?))
}

//! The coming fees: which numbers the provider renews within a week, and what that costs.
//!
//! A number is renewed at the time of its purchase on that day of every later month, or on the month's last day where it
//! has no such day. Only amounts in the account's currency are added up; what has no cost in it is counted.

use chrono::{DateTime, Datelike, Months, TimeDelta, Utc};
use trunkline_domain::{AccountSid, Money, OwnedNumber};

/// How far ahead fees are counted.
const AHEAD: TimeDelta = TimeDelta::days(7);

/// The fees of the week after a moment, as far as numbers were added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ComingFees {
    from: DateTime<Utc>,
    /// What the numbers cost that could be priced.
    pub(super) sum: Money,
    /// How many numbers are renewed.
    pub(super) renewals: u64,
    /// How many of them have no cost in the account's currency.
    pub(super) unpriced: u64,
}

impl ComingFees {
    /// None yet. `nothing` is zero in the account's currency.
    pub(super) const fn after(from: DateTime<Utc>, nothing: Money) -> Self {
        Self { from, sum: nothing, renewals: 0, unpriced: 0 }
    }

    /// Whether this account pays for the number within the week. Where a number is being given back, it may.
    pub(super) fn include(&self, row: &OwnedNumber, account: &AccountSid) -> bool {
        let is_here = row.identity.as_ref().is_some_and(|identity| identity.account == *account);
        let renewal = || next_renewal(row.purchased_at, self.from);
        is_here && row.status.is_live() && renewal().is_some_and(|at| at < self.from + AHEAD)
    }

    /// Adds a number that is renewed; `cost` is what the provider asks for it, where it says so.
    pub(super) fn add(&mut self, cost: Option<Money>) {
        self.renewals += 1;
        match cost.map(|cost| self.sum.checked_add(cost)) {
            Some(Ok(sum)) => self.sum = sum,
            Some(Err(_)) | None => self.unpriced += 1,
        }
    }
}

/// The first renewal at `from` or after it.
fn next_renewal(bought_at: DateTime<Utc>, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let month = |time: DateTime<Utc>| i64::from(time.year()) * 12 + i64::from(time.month());
    let this_month = u32::try_from(month(from) - month(bought_at)).unwrap_or(0).max(1);
    let renewal = |months| bought_at.checked_add_months(Months::new(months));
    (this_month..=this_month + 1).filter_map(renewal).find(|renewal| *renewal >= from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> DateTime<Utc> {
        text.parse().unwrap_or_else(|_| format!("{text}T12:00:00Z").parse().unwrap())
    }

    #[test]
    fn a_number_is_renewed_on_its_day_or_the_last_of_a_shorter_month() {
        for (bought, from, next) in [
            // The purchase itself has been paid.
            ("2027-03-10", "2027-03-10", "2027-04-10"),
            ("2027-03-10", "2027-03-11", "2027-04-10"),
            ("2027-03-10", "2027-04-10", "2027-04-10"),
            ("2027-03-10", "2027-04-10T12:00:01Z", "2027-05-10"),
            // Shorter months do not move the day for good.
            ("2027-01-31", "2027-02-01", "2027-02-28"),
            ("2027-01-31", "2027-02-28T12:00:01Z", "2027-03-31"),
            ("2027-01-31", "2027-04-01", "2027-04-30"),
            ("2028-01-30", "2028-02-01", "2028-02-29"),
            ("2028-02-29", "2029-02-01", "2029-02-28"),
            // Across the end of a year, and after many.
            ("2027-12-31", "2028-01-01", "2028-01-31"),
            ("2017-12-05", "2027-12-28", "2028-01-05"),
            // A clock that was ahead when the number was bought.
            ("2027-03-10", "2027-01-01", "2027-04-10"),
        ] {
            assert_eq!(next_renewal(day(bought), day(from)), Some(day(next)), "{bought} from {from}");
        }
    }
}

//! The billing clock: a number costs a month up front when it is bought, and again on the same day of every month.
//! A day that a month has not becomes its last, and stays there: bought on the 31st of January, a number renews on
//! the 28th of February and from then on every 28th.

use chrono::{DateTime, Months, Utc};
use serde::Serialize;

use crate::{accounts::Accounts, holdings::Holdings, money::Cents, number::OwnedNumber, prices::month_of};

/// Older charges are forgotten.
const KEPT_CHARGES_MAX: usize = 20_000;

/// What an account paid for a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Charge {
    /// The account that owned the number.
    pub account_sid: String,
    /// The number.
    pub number_sid: String,
    /// E.164.
    pub phone_number: String,
    /// US dollars.
    pub amount: Cents,
    /// When it fell due.
    pub at: DateTime<Utc>,
    /// What for.
    pub reason: ChargeReason,
}

/// What a charge is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ChargeReason {
    /// The first month, paid with the purchase.
    Purchase,
    /// Another month.
    Month,
}

/// What was paid, and when something falls due again.
#[derive(Default)]
pub(crate) struct Billing {
    charges: Vec<Charge>,
    /// No number renews before this; `None` if none is owned.
    next_due: Option<DateTime<Utc>>,
}

impl Billing {
    /// The state of numbers that were paid for in an earlier run.
    pub(crate) fn of(holdings: &Holdings) -> Self {
        Self { charges: Vec::new(), next_due: earliest_due(holdings) }
    }

    /// Oldest first.
    pub(crate) fn charges(&self) -> &[Charge] {
        &self.charges
    }

    /// Charges the first month of a number that has just been bought.
    pub(crate) fn bought(&mut self, number: &OwnedNumber, accounts: &mut Accounts) {
        let charge = charge(number, number.date_created, ChargeReason::Purchase);
        self.next_due = Some(self.next_due.map_or(number.paid_until, |due| due.min(number.paid_until)));
        self.book(charge, accounts);
    }

    /// Charges what has fallen due, oldest first. True if anything has.
    pub(crate) fn settle(
        &mut self,
        holdings: &mut Holdings,
        accounts: &mut Accounts,
        now: DateTime<Utc>,
    ) -> bool {
        if self.next_due.is_none_or(|due| due > now) {
            return false;
        }
        let mut due = Vec::new();
        for number in holdings.numbers_mut() {
            while number.paid_until <= now {
                due.push(charge(number, number.paid_until, ChargeReason::Month));
                number.paid_until = month_after(number.paid_until);
            }
        }
        due.sort_by_key(|charge| charge.at);
        let any = !due.is_empty();
        for charge in due {
            self.book(charge, accounts);
        }
        self.next_due = earliest_due(holdings);
        any
    }

    fn book(&mut self, charge: Charge, accounts: &mut Accounts) {
        accounts.charge(charge.amount);
        if self.charges.len() >= KEPT_CHARGES_MAX {
            self.charges.drain(..KEPT_CHARGES_MAX / 2);
        }
        self.charges.push(charge);
    }
}

/// The same day of the next month, or its last.
pub(crate) fn month_after(time: DateTime<Utc>) -> DateTime<Utc> {
    time.checked_add_months(Months::new(1)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn charge(number: &OwnedNumber, at: DateTime<Utc>, reason: ChargeReason) -> Charge {
    Charge {
        account_sid: number.account_sid.clone(),
        number_sid: number.sid.clone(),
        phone_number: number.phone_number.clone(),
        amount: month_of(&number.country, number.number_type),
        at,
        reason,
    }
}

fn earliest_due(holdings: &Holdings) -> Option<DateTime<Utc>> {
    holdings.numbers().map(|number| number.paid_until).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_a_month_has_not_becomes_its_last_and_stays() {
        let mut due: DateTime<Utc> = "2026-01-31T10:00:00Z".parse().unwrap();
        let mut days = Vec::new();
        for _ in 0..3 {
            due = month_after(due);
            days.push(due.to_rfc3339());
        }
        let expected =
            ["2026-02-28T10:00:00+00:00", "2026-03-28T10:00:00+00:00", "2026-04-28T10:00:00+00:00"];
        assert_eq!(days, expected);
    }
}

//! Closed months against the journal: they tile, and each says what the journal says.

use trunkline_domain::Money;

use super::LedgerFault;
use crate::Statement;

/// A closed month, beside what the journal says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementBooks {
    /// The month as it is kept.
    pub statement: Statement,
    /// What was posted and held after its last place; `None` where the journal has no such place.
    pub end: Option<(Money, Money)>,
    /// What the journal has credited to the wallet within its places.
    pub credited: Money,
}

impl StatementBooks {
    /// What is wrong with it, if anything is. `before` is the statement read before it, perhaps of another wallet.
    pub(super) fn fault(&self, before: Option<&Statement>) -> Option<LedgerFault> {
        let Statement { wallet, month, .. } = self.statement;
        let what = self.seam(before.filter(|before| before.wallet == wallet)).or_else(|| self.contents())?;
        Some(LedgerFault::WrongStatement { wallet, month, what })
    }

    fn seam(&self, before: Option<&Statement>) -> Option<&'static str> {
        let Statement { month, after_version, opening, .. } = self.statement;
        let Some(before) = before else {
            let is_first = (after_version, opening.micros()) == (0, 0);
            return (!is_first).then_some("is the wallet's first, and does not begin with nothing");
        };
        if month != before.month.next() {
            return Some("does not follow the month before it");
        }
        ((after_version, opening) != (before.last_version, before.closing))
            .then_some("does not begin where the month before it ended")
    }

    fn contents(&self) -> Option<&'static str> {
        let Statement { after_version, last_version, opening, total_in, total_out, closing, held, .. } =
            self.statement;
        if last_version < after_version {
            return Some("ends before it begins");
        }
        if self.end != Some((closing, held)) {
            return Some("does not end with a place of the wallet's history and its balances");
        }
        if self.credited != total_in {
            return Some("says something else of what came in than the journal");
        }
        let sum = opening.checked_add(total_in).and_then(|sum| sum.checked_sub(total_out));
        (sum != Ok(closing))
            .then_some("does not add up: opening and what came in, less what went out, is not closing")
    }
}

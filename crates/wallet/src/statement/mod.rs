//! Monthly statements: what a wallet had, what came in and went out, and what it has, with every line of it.
//!
//! A statement is made from the journal alone and covers the places `after_version < place <= last_version` of the wallet's
//! history, so statements tile: each begins where the one before it ended. The places are what cuts, not the dates: dates come from
//! the clocks of several servers and are not in the order of places. *Invariants*: opening + in − out = closing, of
//! the posted balance; a month that is closed is a row that is written once, and what is posted later is in a later month.

mod closer;
mod cutting;
mod export;
mod line;
mod month;
mod port;
mod service;
mod sheet;

use chrono::{DateTime, Utc};
use trunkline_domain::{Currency, Money, MoneyError};

pub use self::closer::{ClosingRound, STATEMENT_GRACE, StatementCloser};
pub use self::export::StatementExport;
pub use self::line::StatementLine;
pub use self::month::{StatementMonth, StatementMonthError};
#[cfg(feature = "mock")]
pub use self::port::MockStatementStore;
pub use self::port::{CloseStatementAnswer, StatementClosing, StatementStore, WalletDue};
pub use self::service::{StatementLinePage, StatementPage, Statements};
pub use self::sheet::StatementSheet;
use crate::{AccountId, TransactionDirection, Transfer, WalletStoreError};

/// A wallet's month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Whose: a wallet is one user's in one currency.
    pub wallet: AccountId,
    /// Which month.
    pub month: StatementMonth,
    /// Whether it can still change.
    pub state: StatementState,
    /// The last place in the wallet's history that is before it.
    pub after_version: i64,
    /// The last place that is in it; the same as `after_version` where nothing happened.
    pub last_version: i64,
    /// How many lines it has.
    pub lines: u64,
    /// The posted balance before it.
    pub opening: Money,
    /// What came in.
    pub total_in: Money,
    /// What went out.
    pub total_out: Money,
    /// The posted balance at its end.
    pub closing: Money,
    /// What open holds reserve of it at its end.
    pub held: Money,
}

/// Whether a statement can still change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementState {
    /// The month goes on, or has ended just now.
    Open,
    /// For good.
    Closed {
        /// Since when.
        at: DateTime<Utc>,
    },
}

impl StatementState {
    /// The name in JSON and for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed { .. } => "closed",
        }
    }
}

/// A journal of which no statement can be made: its rows do not follow from each other. The ledger's audit names them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementFault {
    /// A row is missing, twice there, or another wallet's.
    #[error("wallet {wallet}: expected place {expected} in its history, found {found}")]
    OutOfPlace {
        /// The wallet.
        wallet: AccountId,
        /// The place that comes next.
        expected: i64,
        /// The place that the row has.
        found: i64,
    },
    /// A row's balance does not follow from the one before it.
    #[error("wallet {wallet}: its balance at place {version} does not follow from its lines")]
    WrongBalance {
        /// The wallet.
        wallet: AccountId,
        /// The row's place.
        version: i64,
    },
    /// A sum that cannot be represented, or two currencies in one.
    #[error("wallet {wallet}: its month cannot be summed")]
    Unsummable {
        /// The wallet.
        wallet: AccountId,
        /// Why.
        #[source]
        source: MoneyError,
    },
    /// What was closed is not what the journal says.
    #[error("wallet {wallet}: its lines of {month} do not add up to what was closed")]
    WrongTotals {
        /// The wallet.
        wallet: AccountId,
        /// The month.
        month: StatementMonth,
    },
}

impl From<StatementFault> for WalletStoreError {
    fn from(fault: StatementFault) -> Self {
        Self::Broken(fault.to_string())
    }
}

impl Statement {
    /// The first month of a wallet, before anything has happened in it.
    pub const fn first(wallet: AccountId, currency: Currency, month: StatementMonth) -> Self {
        let zero = Money::zero(currency);
        Self {
            wallet,
            month,
            state: StatementState::Open,
            after_version: 0,
            last_version: 0,
            lines: 0,
            opening: zero,
            total_in: zero,
            total_out: zero,
            closing: zero,
            held: zero,
        }
    }

    /// The month after this one, before anything has happened in it.
    #[must_use]
    pub fn following(&self) -> Self {
        let zero = Money::zero(self.closing.currency());
        Self {
            wallet: self.wallet,
            month: self.month.next(),
            state: StatementState::Open,
            after_version: self.last_version,
            last_version: self.last_version,
            lines: 0,
            opening: self.closing,
            total_in: zero,
            total_out: zero,
            closing: self.closing,
            held: self.held,
        }
    }

    /// In which currency.
    pub const fn currency(&self) -> Currency {
        self.closing.currency()
    }

    /// Adds the next row of the wallet's history, and answers its line if it has one. A row that does not follow from what
    /// is there is refused, and nothing is added.
    pub fn take(&mut self, transfer: &Transfer) -> Result<Option<StatementLine>, StatementFault> {
        let (wallet, expected, found) = (self.wallet, self.last_version + 1, transfer.wallet_version);
        if transfer.wallet != wallet || found != expected {
            return Err(StatementFault::OutOfPlace { wallet, expected, found });
        }
        let unsummable = |source| StatementFault::Unsummable { wallet, source };
        let line = StatementLine::of(transfer);
        let mut after = self.clone();
        if let Some(line) = &line {
            after.count(line).map_err(unsummable)?;
        }
        if after.closing != transfer.posted_after {
            return Err(StatementFault::WrongBalance { wallet, version: found });
        }
        (after.held, after.last_version) = (transfer.held_after, found);
        *self = after;
        Ok(line)
    }

    fn count(&mut self, line: &StatementLine) -> Result<(), MoneyError> {
        match line.direction {
            TransactionDirection::Credit => {
                self.total_in = self.total_in.checked_add(line.amount)?;
                self.closing = self.closing.checked_add(line.amount)?;
            }
            TransactionDirection::Debit => {
                self.total_out = self.total_out.checked_add(line.amount)?;
                self.closing = self.closing.checked_sub(line.amount)?;
            }
        }
        self.lines += 1;
        Ok(())
    }

    /// The same month before anything happened in it, to be added up again.
    fn emptied(&self) -> Self {
        let (before, zero) = (self.opening, Money::zero(self.currency()));
        Self {
            last_version: self.after_version,
            lines: 0,
            total_in: zero,
            total_out: zero,
            closing: before,
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests;

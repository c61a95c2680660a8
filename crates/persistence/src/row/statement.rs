//! Closed months of wallets, and the wallets that have one to close.

use sqlx::FromRow;
use trunkline_domain::Money;
use trunkline_wallet::{AccountId, Statement, StatementBooks, StatementState, WalletDue};

use crate::cell::{Id, Micros, Moment};
use crate::codec::{money, parse};
use crate::error::Fault;

/// A month that is closed.
#[derive(Debug, FromRow)]
pub(crate) struct StatementRow {
    wallet_id: Id,
    month: String,
    currency: String,
    after_version: i64,
    last_version: i64,
    lines: i64,
    opening: Micros,
    total_in: Micros,
    total_out: Micros,
    closing: Micros,
    held: Micros,
    closed_at: Moment,
}

impl StatementRow {
    pub(crate) fn statement(&self) -> Result<Statement, Fault> {
        let amount = |micros: Micros| -> Result<Money, Fault> { money(micros.0, &self.currency) };
        let lines = u64::try_from(self.lines)
            .map_err(|_| Fault::Broken(format!("column statement.lines: {} is no count", self.lines)))?;
        Ok(Statement {
            wallet: AccountId::from_uuid(self.wallet_id.0),
            month: parse("statement.month", &self.month)?,
            state: StatementState::Closed { at: self.closed_at.time() },
            after_version: self.after_version,
            last_version: self.last_version,
            lines,
            opening: amount(self.opening)?,
            total_in: amount(self.total_in)?,
            total_out: amount(self.total_out)?,
            closing: amount(self.closing)?,
            held: amount(self.held)?,
        })
    }
}

/// A closed month beside the row of the journal that it ends at, for the audit.
#[derive(Debug, FromRow)]
pub(crate) struct StatementEndRow {
    #[sqlx(flatten)]
    statement: StatementRow,
    end_posted: Option<Micros>,
    end_held: Option<Micros>,
    credited: Micros,
}

impl StatementEndRow {
    pub(crate) fn books(&self) -> Result<StatementBooks, Fault> {
        let amount = |micros: Micros| -> Result<Money, Fault> { money(micros.0, &self.statement.currency) };
        let end = match self.end_posted.zip(self.end_held) {
            Some((posted, held)) => Some((amount(posted)?, amount(held)?)),
            None => None,
        };
        Ok(StatementBooks { statement: self.statement.statement()?, end, credited: amount(self.credited)? })
    }
}

/// A wallet that has a month to close.
#[derive(Debug, FromRow)]
pub(crate) struct WalletDueRow {
    id: Id,
    user_id: String,
    currency: String,
}

impl WalletDueRow {
    pub(crate) fn due(&self) -> Result<WalletDue, Fault> {
        Ok(WalletDue {
            wallet: AccountId::from_uuid(self.id.0),
            user: parse("account.user_id", &self.user_id)?,
            currency: parse("account.currency", &self.currency)?,
        })
    }
}

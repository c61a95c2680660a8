//! The rows of what was brought here from another system.

use sqlx::FromRow;
use trunkline_domain::{Money, NumberId, TransferId};
use trunkline_import::Opened;
use trunkline_wallet::{Transaction as Line, TransactionDirection, TransactionStatus};

use crate::cell::{Id, Micros, Moment};
use crate::codec::{money, named};
use crate::error::Fault;

/// A line of the history from before, as customers read it.
#[derive(Debug, FromRow)]
pub(crate) struct ImportedLineRow {
    id: Id,
    r#type: String,
    amount: Micros,
    currency: String,
    description: String,
    status: String,
    number_id: Option<Id>,
    occurred_at: Moment,
}

impl ImportedLineRow {
    pub(crate) fn line(&self) -> Result<Line, Fault> {
        Ok(Line {
            id: TransferId::from_uuid(self.id.0),
            date: self.occurred_at.time(),
            direction: named("imported_line.type", &self.r#type, TransactionDirection::from_name)?,
            amount: money(self.amount.0, &self.currency)?,
            description: self.description.clone(),
            status: named("imported_line.status", &self.status, TransactionStatus::from_name)?,
            number: self.number_id.map(|id| NumberId::from_uuid(id.0)),
        })
    }
}

/// A balance that was moved.
#[derive(Debug, FromRow)]
pub(crate) struct OpenedRow {
    id: Id,
    amount: Micros,
    currency: String,
}

impl OpenedRow {
    pub(crate) fn opened(&self) -> Result<Opened, Fault> {
        let amount = money(self.amount.0, &self.currency)?;
        Ok(Opened { transfer: TransferId::from_uuid(self.id.0), amount })
    }
}

/// A sum of money.
#[derive(Debug, FromRow)]
pub(crate) struct SumRow {
    amount: Micros,
    currency: String,
}

impl SumRow {
    pub(crate) fn money(&self) -> Result<Money, Fault> {
        money(self.amount.0, &self.currency)
    }
}

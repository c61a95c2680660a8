//! A statement as CSV, for spreadsheets and for other programs.
//!
//! As RFC 4180 has it, with a head and every cell in quotes: a row for the opening balance, one for each line, one for the
//! closing balance, so that a file without its last row is seen to be none. *Invariant*: no more than some hundred lines are in memory.

use chrono::SecondsFormat;
use trunkline_domain::{Money, spreadsheet_cell};

use super::{StatementExport, StatementLine};
use crate::rows::Rows;
use crate::{TransactionDirection, WalletStoreError};

const HEAD: [&str; 10] = [
    "type",
    "date",
    "description",
    "in",
    "out",
    "balance",
    "currency",
    "numberId",
    "transactionId",
    "version",
];

/// A walk through the rows.
pub struct StatementSheet {
    export: StatementExport,
    step: Step,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Head,
    Lines,
    Whole,
}

impl StatementSheet {
    pub(super) const fn new(export: StatementExport) -> Self {
        Self { export, step: Step::Head }
    }

    /// The next rows of the file; `None` at its end. After a failure the file is not whole, and whoever carries it must not
    /// let it look so.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, WalletStoreError> {
        let mut rows = Rows::new();
        let statement = self.export.statement();
        match self.step {
            Step::Head => {
                rows.write(&HEAD.map(str::to_owned));
                rows.balance("opening", statement.month.begins().date_naive().to_string(), statement.opening);
                self.step = Step::Lines;
            }
            Step::Lines => {
                if let Some(lines) = self.export.next().await? {
                    for line in lines {
                        rows.line(line);
                    }
                } else {
                    let statement = self.export.statement();
                    rows.balance("closing", statement.month.last_day().to_string(), statement.closing);
                    self.step = Step::Whole;
                }
            }
            Step::Whole => return Ok(None),
        }
        rows.finish().map(Some)
    }
}

/// What the rows of a statement say.
trait StatementRows {
    /// A balance without a movement.
    fn balance(&mut self, kind: &str, date: String, balance: Money);

    fn line(&mut self, line: StatementLine);
}

impl StatementRows for Rows {
    fn balance(&mut self, kind: &str, date: String, balance: Money) {
        let nothing = String::new;
        self.write(&[
            kind.to_owned(),
            date,
            format!("{kind} balance"),
            nothing(),
            nothing(),
            balance.amount().to_string(),
            balance.currency().code().to_owned(),
            nothing(),
            nothing(),
            nothing(),
        ]);
    }

    fn line(&mut self, line: StatementLine) {
        let amount = line.amount.amount().to_string();
        let (come, gone) = match line.direction {
            TransactionDirection::Credit => (amount, String::new()),
            TransactionDirection::Debit => (String::new(), amount),
        };
        self.write(&[
            line.direction.as_str().to_owned(),
            line.date.to_rfc3339_opts(SecondsFormat::Secs, true),
            spreadsheet_cell(line.description),
            come,
            gone,
            line.balance.amount().to_string(),
            line.balance.currency().code().to_owned(),
            line.number.map(|number| number.to_string()).unwrap_or_default(),
            line.transfer.to_string(),
            line.version.to_string(),
        ]);
    }
}

//! Where months are cut.
//!
//! A month ends before the first place that is dated after it. Dates are not in the order of places, and that rule
//! does not need them to be: the first such place never changes, whatever is posted later, since later rows have later places. A row
//! that is dated in the old month and has its place after the cut is in the new month, as a bank puts a late posting on the next
//! statement. A row from the future, of a clock that is wrong by more than the grace, cuts nothing.

use chrono::{DateTime, Utc};
use trunkline_domain::Currency;

use super::{STATEMENT_GRACE, Statement, StatementFault, StatementMonth, StatementStore};
use crate::{AccountId, Transfer, WalletStoreError};

/// How many rows of the journal are read at a time.
pub(super) const JOURNAL_ROWS: u16 = 500;

/// A wallet's history on its way into months.
pub(super) struct Cutting {
    ended: Vec<Statement>,
    running: Statement,
    now: DateTime<Utc>,
}

impl Cutting {
    /// Begins with an empty month.
    pub(super) const fn new(first: Statement, now: DateTime<Utc>) -> Self {
        Self { ended: Vec::new(), running: first, now }
    }

    /// Adds the next row of the wallet's history.
    pub(super) fn take(&mut self, transfer: &Transfer) -> Result<(), StatementFault> {
        let is_believed = transfer.created_at <= self.now + STATEMENT_GRACE;
        while is_believed && self.running.month.ends() <= transfer.created_at {
            self.turn();
        }
        self.running.take(transfer).map(drop)
    }

    /// Every month up to the running one, or to that of a row which a clock ahead of ours has dated; oldest first.
    pub(super) fn finish(mut self) -> Vec<Statement> {
        while self.running.month.ends() <= self.now {
            self.turn();
        }
        self.ended.push(self.running);
        self.ended
    }

    fn turn(&mut self) {
        let next = self.running.following();
        self.ended.push(std::mem::replace(&mut self.running, next));
    }
}

/// The months of a wallet after the last one that is closed, oldest first: none of a wallet that nothing has touched.
pub(super) async fn open_months(
    store: &dyn StatementStore,
    wallet: AccountId,
    currency: Currency,
    last: Option<&Statement>,
    now: DateTime<Utc>,
) -> Result<Vec<Statement>, WalletStoreError> {
    let mut rows = store.journal(wallet, last.map_or(0, |last| last.last_version), JOURNAL_ROWS).await?;
    let first = match (last, rows.first()) {
        (Some(last), _) => last.following(),
        (None, Some(first)) => Statement::first(wallet, currency, StatementMonth::of(first.created_at)),
        (None, None) => return Ok(Vec::new()),
    };
    let mut cutting = Cutting::new(first, now);
    loop {
        for transfer in &rows {
            cutting.take(transfer)?;
        }
        match rows.last() {
            Some(last) if rows.len() == usize::from(JOURNAL_ROWS) => {
                rows = store.journal(wallet, last.wallet_version, JOURNAL_ROWS).await?;
            }
            Some(_) | None => return Ok(cutting.finish()),
        }
    }
}

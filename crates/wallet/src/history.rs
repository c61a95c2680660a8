//! A customer's history, cut down to the lines that they want: in pages, and whole as CSV.
//!
//! What a line's status is follows from several rows of the journal, by one rule; so lines are chosen here, after the
//! store has read them, and no engine has that rule a second time. *Invariant*: no more lines than a few pages are in
//! memory, and one question looks at a bounded number of them.

use std::sync::Arc;

use chrono::SecondsFormat;
use trunkline_domain::{TransferId, UserId, spreadsheet_cell};

use crate::rows::Rows;
use crate::{Transaction, TransactionFilter, TransactionPage, WalletStore, WalletStoreError};

/// How many lines the store is asked for at a time.
const READ_AT_ONCE: u16 = 100;

/// How many lines one question looks at. Where they hold too few that are wanted, the page is short, and the next one goes on.
const LOOKED_AT_MAX: usize = 2_000;

const HEAD: [&str; 8] =
    ["date", "type", "description", "status", "amount", "currency", "numberId", "transactionId"];

/// A page of what is wanted. It has fewer lines than asked for at the history's end, or where so many others were between
/// them that it is time to answer.
pub(crate) async fn page(
    store: &dyn WalletStore,
    user: &UserId,
    filter: &TransactionFilter,
    after: Option<TransferId>,
    limit: u16,
) -> Result<TransactionPage, WalletStoreError> {
    if *filter == TransactionFilter::EVERYTHING {
        return store.transactions(user, after, limit).await;
    }
    let (wanted, mut place, mut looked_at) = (usize::from(limit), after, 0);
    let mut transactions: Vec<Transaction> = Vec::new();
    loop {
        let read = store.transactions(user, place, READ_AT_ONCE).await?;
        (place, looked_at) = (read.next, looked_at + read.transactions.len());
        transactions.extend(read.transactions.into_iter().filter(|line| filter.takes(line)));
        if transactions.len() > wanted {
            transactions.truncate(wanted);
            let next = transactions.last().map(|line| line.id);
            return Ok(TransactionPage { transactions, next });
        }
        if place.is_none() || looked_at >= LOOKED_AT_MAX {
            return Ok(TransactionPage { transactions, next: place });
        }
    }
}

/// A history as CSV: a head, and a row for each line that is wanted, newest first.
pub struct TransactionSheet {
    store: Arc<dyn WalletStore>,
    user: UserId,
    filter: TransactionFilter,
    step: Step,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Head,
    Lines { after: Option<TransferId> },
    Whole,
}

impl TransactionSheet {
    pub(crate) const fn new(store: Arc<dyn WalletStore>, user: UserId, filter: TransactionFilter) -> Self {
        Self { store, user, filter, step: Step::Head }
    }

    /// The next rows of the file, perhaps none; `None` at its end. After a failure the file is not whole, and whoever carries it
    /// must not let it look so.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, WalletStoreError> {
        let mut rows = Rows::new();
        match self.step {
            Step::Head => {
                rows.write(&HEAD.map(str::to_owned));
                self.step = Step::Lines { after: None };
            }
            Step::Lines { after } => {
                let read = self.store.transactions(&self.user, after, READ_AT_ONCE).await?;
                for line in read.transactions.into_iter().filter(|line| self.filter.takes(line)) {
                    rows.write(&cells(line));
                }
                self.step = match read.next {
                    Some(last) => Step::Lines { after: Some(last) },
                    None => Step::Whole,
                };
            }
            Step::Whole => return Ok(None),
        }
        rows.finish().map(Some)
    }
}

fn cells(line: Transaction) -> [String; HEAD.len()] {
    [
        line.date.to_rfc3339_opts(SecondsFormat::Secs, true),
        line.direction.as_str().to_owned(),
        spreadsheet_cell(line.description),
        line.status.as_str().to_owned(),
        line.amount.amount().to_string(),
        line.amount.currency().code().to_owned(),
        line.number.map(|number| number.to_string()).unwrap_or_default(),
        line.id.to_string(),
    ]
}

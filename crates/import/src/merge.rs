//! The four tables beside each other, user by user. Holds one page of each and what belongs to the present user.

use std::collections::VecDeque;

use crate::{Original, OriginalError, OriginalRow, OriginalTable};

/// Rows that are fetched at once.
const PAGE: u16 = 500;

/// The rows of every table, the next user's first.
pub(crate) struct Merge<'a> {
    original: &'a mut dyn Original,
    heads: [Head; OriginalTable::ALL.len()],
}

#[derive(Default)]
struct Head {
    rows: VecDeque<OriginalRow>,
    is_at_end: bool,
}

/// Whose rows come next.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owner {
    /// A user's.
    User(String),
    /// Nobody's: these come last.
    Nobody,
}

impl Owner {
    fn of(row: &OriginalRow) -> Self {
        row.owner.clone().map_or(Self::Nobody, Self::User)
    }
}

impl<'a> Merge<'a> {
    pub(crate) fn new(original: &'a mut dyn Original) -> Self {
        Self { original, heads: OriginalTable::ALL.map(|_| Head::default()) }
    }

    /// The next owner in any table; `None` when all are read.
    pub(crate) async fn owner(&mut self) -> Result<Option<Owner>, OriginalError> {
        let mut next = None;
        for table in OriginalTable::ALL {
            let first = self.first(table).await?.map(Owner::of);
            next = match (next, first) {
                (Some(next), Some(first)) => Some(std::cmp::min(next, first)),
                (next, first) => next.or(first),
            };
        }
        Ok(next)
    }

    /// The owner's next rows of a table, at most so many.
    pub(crate) async fn take(
        &mut self,
        table: OriginalTable,
        owner: &Owner,
        limit: usize,
    ) -> Result<Vec<OriginalRow>, OriginalError> {
        let mut taken = Vec::new();
        while taken.len() < limit && self.first(table).await?.is_some_and(|row| Owner::of(row) == *owner) {
            taken.extend(self.head(table).rows.pop_front());
        }
        Ok(taken)
    }

    async fn first(&mut self, table: OriginalTable) -> Result<Option<&OriginalRow>, OriginalError> {
        let head = self.head(table);
        if head.rows.is_empty() && !head.is_at_end {
            let rows = self.original.next(table, PAGE).await?;
            let head = self.head(table);
            head.is_at_end = rows.is_empty();
            head.rows.extend(rows);
        }
        Ok(self.head(table).rows.front())
    }

    fn head(&mut self, table: OriginalTable) -> &mut Head {
        let [businesses, numbers, wallets, transactions] = &mut self.heads;
        match table {
            OriginalTable::Businesses => businesses,
            OriginalTable::Numbers => numbers,
            OriginalTable::Wallets => wallets,
            OriginalTable::Transactions => transactions,
        }
    }
}

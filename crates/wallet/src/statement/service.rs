//! Statements for reading: the closed months as they were written down, and the open ones as the journal has them now.

use std::sync::Arc;

use trunkline_domain::{Clock, Currency, UserId};

use super::cutting::{JOURNAL_ROWS, open_months};
use super::{Statement, StatementExport, StatementLine, StatementMonth, StatementSheet, StatementStore};
use crate::{AccountId, WalletStoreError};

/// How many statements or lines a page has at most.
const PAGE_MAX: u16 = 100;

/// Reads statements.
#[derive(Clone)]
pub struct Statements {
    store: Arc<dyn StatementStore>,
    clock: Arc<dyn Clock>,
}

/// A page of a wallet's statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementPage {
    /// Newest first.
    pub statements: Vec<Statement>,
    /// The month before which the next page goes on; `None` on the last one.
    pub next: Option<StatementMonth>,
}

/// A page of a statement's lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLinePage {
    /// Oldest first.
    pub lines: Vec<StatementLine>,
    /// The place after which the next page goes on; `None` on the last one.
    pub next: Option<i64>,
}

impl Statements {
    /// A service over a store.
    pub fn new(store: Arc<dyn StatementStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// A wallet's statements, newest first, from the month before `before`: every month since the wallet's first, without
    /// a gap; none of a wallet that nothing has touched. `limit` is brought into 1 to 100.
    pub async fn list(
        &self,
        user: &UserId,
        currency: Currency,
        before: Option<StatementMonth>,
        limit: u16,
    ) -> Result<StatementPage, WalletStoreError> {
        let (wallet, limit) = (AccountId::wallet(user, currency), limit.clamp(1, PAGE_MAX));
        let last = self.last_closed(wallet).await?;
        let is_wanted = |month: StatementMonth| before.is_none_or(|before| month < before);
        let mut statements = Vec::new();
        if last.as_ref().is_none_or(|last| is_wanted(last.month.next())) {
            statements = self.open(wallet, currency, last.as_ref()).await?;
            statements.retain(|statement| is_wanted(statement.month));
            statements.reverse();
        }
        // One more than the page holds tells whether there is another.
        let (page, whole) = (usize::from(limit), usize::from(limit) + 1);
        let missing = whole.saturating_sub(statements.len());
        if last.is_some() && missing > 0 {
            let missing = u16::try_from(missing).unwrap_or(PAGE_MAX);
            statements.extend(self.store.closed(wallet, before, missing).await?);
        }
        let has_more = statements.len() > page;
        statements.truncate(page);
        let next = statements.last().filter(|_| has_more).map(|last| last.month);
        Ok(StatementPage { statements, next })
    }

    /// A wallet's statement of a month; `None` of a month that is not yet, or before the wallet's first.
    pub async fn statement(
        &self,
        user: &UserId,
        currency: Currency,
        month: StatementMonth,
    ) -> Result<Option<Statement>, WalletStoreError> {
        let wallet = AccountId::wallet(user, currency);
        let last = self.last_closed(wallet).await?;
        let candidates = match &last {
            Some(last) if month <= last.month => self.store.closed(wallet, Some(month.next()), 1).await?,
            Some(_) | None => self.open(wallet, currency, last.as_ref()).await?,
        };
        Ok(candidates.into_iter().find(|statement| statement.month == month))
    }

    /// Some of a statement's lines, oldest first, from the place after `after`. `limit` is brought into 1 to 100.
    pub async fn lines(
        &self,
        statement: &Statement,
        after: Option<i64>,
        limit: u16,
    ) -> Result<StatementLinePage, WalletStoreError> {
        let limit = usize::from(limit.clamp(1, PAGE_MAX));
        let mut place = after.unwrap_or_default().max(statement.after_version);
        let mut lines = Vec::new();
        while place < statement.last_version && lines.len() <= limit {
            let rows = self.store.journal(statement.wallet, place, JOURNAL_ROWS).await?;
            let Some(last) = rows.last() else { break };
            place = last.wallet_version;
            let within = rows.iter().take_while(|row| row.wallet_version <= statement.last_version);
            lines.extend(within.filter_map(StatementLine::of));
        }
        let has_more = lines.len() > limit;
        lines.truncate(limit);
        let next = lines.last().filter(|_| has_more).map(|last| last.version);
        Ok(StatementLinePage { lines, next })
    }

    /// All lines of a statement, some at a time.
    pub fn export(&self, statement: Statement) -> StatementExport {
        StatementExport::new(Arc::clone(&self.store), statement)
    }

    /// A statement as CSV.
    pub fn sheet(&self, statement: Statement) -> StatementSheet {
        StatementSheet::new(self.export(statement))
    }

    async fn last_closed(&self, wallet: AccountId) -> Result<Option<Statement>, WalletStoreError> {
        Ok(self.store.closed(wallet, None, 1).await?.into_iter().next())
    }

    /// The months that are not closed, oldest first.
    async fn open(
        &self,
        wallet: AccountId,
        currency: Currency,
        last: Option<&Statement>,
    ) -> Result<Vec<Statement>, WalletStoreError> {
        open_months(self.store.as_ref(), wallet, currency, last, self.clock.now()).await
    }
}

//! A statement's lines from first to last, some at a time, added up again on the way.

use std::sync::Arc;

use super::cutting::JOURNAL_ROWS;
use super::{Statement, StatementFault, StatementLine, StatementStore};
use crate::WalletStoreError;

/// A walk through a statement's lines. It ends well only if they add up to the statement.
pub struct StatementExport {
    store: Arc<dyn StatementStore>,
    statement: Statement,
    again: Statement,
}

impl StatementExport {
    pub(super) fn new(store: Arc<dyn StatementStore>, statement: Statement) -> Self {
        let again = statement.emptied();
        Self { store, statement, again }
    }

    /// The statement.
    pub const fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The next lines, perhaps none; `None` at the end. After a failure the lines so far are not the statement, and whoever
    /// carries them must not let it look so.
    pub async fn next(&mut self) -> Result<Option<Vec<StatementLine>>, WalletStoreError> {
        let Statement { wallet, month, last_version, .. } = self.statement;
        if self.again.last_version == last_version {
            return Ok(None);
        }
        let mut lines = Vec::new();
        let rows = self.store.journal(wallet, self.again.last_version, JOURNAL_ROWS).await?;
        for transfer in rows.iter().take_while(|row| row.wallet_version <= last_version) {
            lines.extend(self.again.take(transfer)?);
        }
        let is_whole = self.again.last_version == last_version;
        let is_cut_short = !is_whole && rows.len() < usize::from(JOURNAL_ROWS);
        if is_cut_short || (is_whole && !self.adds_up()) {
            return Err(StatementFault::WrongTotals { wallet, month }.into());
        }
        Ok(Some(lines))
    }

    fn adds_up(&self) -> bool {
        let Statement { lines, total_in, total_out, closing, held, .. } = self.again;
        let said = &self.statement;
        (lines, total_in, total_out, closing, held)
            == (said.lines, said.total_in, said.total_out, said.closing, said.held)
    }
}

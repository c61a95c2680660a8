//! Closing months: some time after a month has ended, each wallet's statement is written down for good.
//!
//! Any number of servers may do it at once: the store closes a month once, and whoever comes second finds it closed.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use trunkline_domain::{Change, Clock, Event, EventId, IdSource, Origin};

use super::cutting::open_months;
use super::{CloseStatementAnswer, Statement, StatementClosing, StatementMonth, StatementStore, WalletDue};
use crate::WalletStoreError;
use crate::service::until_known;

/// How long after its end a month is closed, and how far ahead of ours the clock of another server is believed. What was
/// being posted at the month's end has had its time then, and clocks agree by far better than this.
pub const STATEMENT_GRACE: TimeDelta = TimeDelta::hours(1);

/// How often it is looked for months to close.
const INTERVAL: Duration = Duration::from_mins(10);

/// How many wallets are asked for at a time.
const WALLETS: u16 = 200;

/// Closes months.
#[derive(Clone)]
pub struct StatementCloser {
    store: Arc<dyn StatementStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

/// What one look at all wallets has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClosingRound {
    /// How many months were closed.
    pub closed: u64,
    /// How many wallets have a journal that no statement can be made of.
    pub broken: u64,
}

impl StatementCloser {
    /// A closer of what this store keeps.
    pub fn new(store: Arc<dyn StatementStore>, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        Self { store, clock, ids }
    }

    /// Looks now and again and again, until told to stop. What a stop cuts off is closed by the next server that looks.
    pub async fn run(&self, stop: CancellationToken) {
        let closing = async {
            loop {
                match self.close_what_is_due().await {
                    Ok(ClosingRound { closed: 0, .. }) => {}
                    Ok(ClosingRound { closed, broken }) => {
                        tracing::info!(closed, broken, "statements are closed");
                    }
                    Err(error) => {
                        let error = &error as &dyn std::error::Error;
                        tracing::warn!(error, "statements could not be closed; it is tried again");
                    }
                }
                tokio::time::sleep(INTERVAL).await;
            }
        };
        stop.run_until_cancelled(closing).await;
    }

    /// Closes every month that has ended long enough ago, of every wallet, one after the other: nobody waits for it.
    pub async fn close_what_is_due(&self) -> Result<ClosingRound, WalletStoreError> {
        let now = self.clock.now();
        let month = StatementMonth::of(now - STATEMENT_GRACE).previous();
        let mut round = ClosingRound::default();
        let mut after = None;
        loop {
            let due = self.store.due(month, after, WALLETS).await?;
            for wallet in &due {
                match self.close_months_of(wallet, now).await {
                    Ok(closed) => round.closed += closed,
                    Err(WalletStoreError::Broken(why)) => {
                        round.broken += 1;
                        tracing::error!(wallet.id = %wallet.wallet, why, "a statement cannot be closed");
                    }
                    Err(error) => return Err(error),
                }
            }
            match due.last() {
                Some(last) if due.len() == usize::from(WALLETS) => after = Some(last.wallet),
                Some(_) | None => return Ok(round),
            }
        }
    }

    /// Closes a wallet's months, oldest first.
    async fn close_months_of(&self, due: &WalletDue, now: DateTime<Utc>) -> Result<u64, WalletStoreError> {
        let last = self.store.closed(due.wallet, None, 1).await?.into_iter().next();
        let months = open_months(self.store.as_ref(), due.wallet, due.currency, last.as_ref(), now).await?;
        let mut follows = last.map(|last| last.month);
        let mut closed = 0;
        for statement in months {
            let month = statement.month;
            if month.ends() + STATEMENT_GRACE > now {
                break;
            }
            let change = self.closing(due, statement, follows, now);
            match until_known(|| self.store.close_month(&change)).await? {
                CloseStatementAnswer::Closed => closed += 1,
                // The later months follow from what another server has closed, and are looked at anew the next time.
                CloseStatementAnswer::ClosedBefore
                | CloseStatementAnswer::OutOfTurn
                | CloseStatementAnswer::TooEarly => break,
            }
            follows = Some(month);
        }
        Ok(closed)
    }

    fn closing(
        &self,
        due: &WalletDue,
        statement: Statement,
        follows: Option<StatementMonth>,
        at: DateTime<Utc>,
    ) -> Change<StatementClosing> {
        let subject = format!("{} {}", statement.wallet, statement.month);
        let data = json!({
            "month": statement.month,
            "opening": statement.opening,
            "in": statement.total_in,
            "out": statement.total_out,
            "closing": statement.closing,
            "lastVersion": statement.last_version,
        });
        let event = Event {
            id: EventId::from_uuid(self.ids.next()),
            kind: "wallet.statement_closed".to_owned(),
            user: due.user.clone(),
            subject: subject.clone(),
            at,
            data: data.clone(),
        };
        let mut audit = Origin::system().audit("wallet.close_statement", subject, Some(&due.user), at);
        audit.details = data;
        let due = statement.month.ends() + STATEMENT_GRACE;
        Change::new(StatementClosing { statement, follows, due, at }).event(event).audit(audit)
    }
}

//! The switch of sales: read by every opening of an order, inside its transaction, and turned by an operator or by the
//! watch over the money at the provider.

use async_trait::async_trait;
use chrono::{DateTime, NaiveTime, Utc};
use trunkline_domain::{Change, Money};
use trunkline_provisioning::port::{
    PauseCause, PurchaseOpening, RunwayAnswer, RunwayNote, SalesStart, SalesState, SalesStop, SalesStore,
    StartAnswer, StopAnswer, StoreError,
};

use super::SqliteStore;
use super::envelope::was_applied;
use super::time;
use super::writer::{Apply, Decision, Transaction};
use crate::cell::Moment;
use crate::codec::to_json;
use crate::error::{Failure, Fault};
use crate::row::SalesRow;

#[async_trait]
impl SalesStore for SqliteStore {
    async fn sales(&self) -> Result<SalesState, StoreError> {
        Ok(self.read_sales().await?)
    }

    async fn stop_sales(&self, change: &Change<SalesStop>) -> Result<StopAnswer, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn start_sales(&self, change: &Change<SalesStart>) -> Result<StartAnswer, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn note_runway(&self, change: &Change<RunwayNote>) -> Result<RunwayAnswer, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }
}

impl SqliteStore {
    async fn read_sales(&self) -> Result<SalesState, Failure> {
        let mut connection = self.readers.one().await?;
        let now = self.clock.now();
        let row: SalesRow = sqlx::query_as(
            "SELECT stopped_at, stopped_by, stop_reason, paused_at, balance, coming_fees, floor, currency,
                    (SELECT COUNT(*) FROM orders WHERE opened_at >= ?1 AND state <> 'failed') AS purchases_today
             FROM sales",
        )
        .bind(midnight(now))
        .fetch_one(&mut *connection)
        .await?;
        Ok(row.state(Moment::of(now))?)
    }
}

/// Why this order is not opened now, whoever asks for it.
pub(super) async fn pause_of(
    transaction: &mut Transaction<'_>,
    opening: &PurchaseOpening,
) -> Result<Option<PauseCause>, Fault> {
    let (is_stopped, is_paused): (bool, bool) =
        sqlx::query_as("SELECT stopped_at IS NOT NULL, paused_at IS NOT NULL FROM sales")
            .fetch_one(&mut *transaction.connection)
            .await?;
    if is_stopped {
        return Ok(Some(PauseCause::OperatorStop));
    }
    if is_paused {
        return Ok(Some(PauseCause::LowBalance));
    }
    let Some(cap) = opening.daily_cap else { return Ok(None) };
    let opened: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM (SELECT 1 FROM orders WHERE opened_at >= ?1 AND state <> 'failed' LIMIT ?2)",
    )
    .bind(midnight(transaction.now))
    .bind(cap.get())
    .fetch_one(&mut *transaction.connection)
    .await?;
    Ok((opened >= i64::from(cap.get())).then_some(PauseCause::DailyCap { cap }))
}

/// When the day of a moment began, by UTC, for binding.
fn midnight(now: DateTime<Utc>) -> String {
    time::to_text(now.date_naive().and_time(NaiveTime::MIN).and_utc())
}

#[async_trait]
impl Apply for SalesStop {
    type Answer = StopAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<StopAnswer>, Fault> {
        if was_applied(transaction, change).await? {
            return Ok(Decision::Unchanged(StopAnswer::Stopped));
        }
        let SalesStop { by, reason, at } = &change.body;
        let stopped = sqlx::query(
            "UPDATE sales SET stopped_at = ?1, stopped_by = ?2, stop_reason = ?3 WHERE stopped_at IS NULL",
        )
        .bind(time::to_text(*at))
        .bind(to_json(by)?)
        .bind(reason)
        .execute(&mut *transaction.connection)
        .await?;
        Ok(match stopped.rows_affected() {
            0 => Decision::Unchanged(StopAnswer::StoppedBefore),
            _ => Decision::Applied(StopAnswer::Stopped),
        })
    }
}

#[async_trait]
impl Apply for SalesStart {
    type Answer = StartAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<StartAnswer>, Fault> {
        if was_applied(transaction, change).await? {
            return Ok(Decision::Unchanged(StartAnswer::Started));
        }
        let started = sqlx::query(
            "UPDATE sales SET stopped_at = NULL, stopped_by = NULL, stop_reason = NULL
             WHERE stopped_at IS NOT NULL",
        )
        .execute(&mut *transaction.connection)
        .await?;
        Ok(match started.rows_affected() {
            0 => Decision::Unchanged(StartAnswer::NotStopped),
            _ => Decision::Applied(StartAnswer::Started),
        })
    }
}

#[async_trait]
impl Apply for RunwayNote {
    type Answer = RunwayAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<RunwayAnswer>, Fault> {
        let RunwayNote { shortage, at } = &change.body;
        let done = if shortage.is_some() { RunwayAnswer::Paused } else { RunwayAnswer::Resumed };
        if was_applied(transaction, change).await? {
            return Ok(Decision::Unchanged(done));
        }
        let noted = sqlx::query(
            "UPDATE sales SET paused_at = ?1, balance = ?2, coming_fees = ?3, floor = ?4, currency = ?5
             WHERE (paused_at IS NULL) <> (?1 IS NULL)",
        )
        .bind(shortage.map(|_| time::to_text(*at)))
        .bind(shortage.map(|shortage| shortage.balance.micros()))
        .bind(shortage.map(|shortage| shortage.coming_fees.micros()))
        .bind(shortage.map(|shortage| shortage.floor.micros()))
        .bind(shortage.map(|shortage| Money::currency(shortage.balance).code()))
        .execute(&mut *transaction.connection)
        .await?;
        Ok(match noted.rows_affected() {
            0 => Decision::Unchanged(RunwayAnswer::AsBefore),
            _ => Decision::Applied(done),
        })
    }
}

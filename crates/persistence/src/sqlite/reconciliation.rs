//! What a reconciliation reads of our books, its reports, and what it needs for repairing.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::Connection;
use trunkline_domain::{AuditEntry, Change, NumberId, OwnedNumber};
use trunkline_provisioning::Report;
use trunkline_provisioning::port::{
    Contradiction, Mending, MendingAnswer, REPORTS_KEPT, ReconciliationStore, StoreError,
};

use super::SqliteStore;
use super::writer::{Apply, Decision, Transaction, Work};
use super::{envelope, time};
use crate::codec::{text, to_json};
use crate::columns::number_columns;
use crate::error::{Failure, Fault};
use crate::row::{ContradictionRow, NumberRow, ReportRow, found};

#[async_trait]
impl ReconciliationStore for SqliteStore {
    async fn bought_numbers(
        &self,
        after: Option<NumberId>,
        limit: u16,
    ) -> Result<Vec<OwnedNumber>, StoreError> {
        Ok(self.find_bought_numbers(after, limit).await?)
    }

    async fn contradictions(
        &self,
        before: DateTime<Utc>,
        limit: u16,
    ) -> Result<Vec<Contradiction>, StoreError> {
        Ok(self.find_contradictions(before, limit).await?)
    }

    async fn keep_report(&self, report: &Report, audit: &AuditEntry) -> Result<(), StoreError> {
        Ok(self.writer.write(Change::new(report.clone()).audit(audit.clone())).await?)
    }

    async fn reports(&self, limit: u16) -> Result<Vec<Report>, StoreError> {
        Ok(self.find_reports(limit).await?)
    }

    async fn last_reconciled_at(&self) -> Result<DateTime<Utc>, StoreError> {
        Ok(self.find_last_reconciled().await?)
    }

    async fn begin_mending(&self, change: &Change<Mending>) -> Result<MendingAnswer, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn was_written_off(&self, number: NumberId) -> Result<bool, StoreError> {
        Ok(self.find_written_off(number).await?)
    }

    async fn remember_webhooks(&self, addresses: &[String], at: DateTime<Utc>) -> Result<(), StoreError> {
        Ok(self.writer.write(UsedAddresses { addresses: addresses.to_vec(), at }).await?)
    }

    async fn webhooks_used(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.find_webhooks_used().await?)
    }
}

impl SqliteStore {
    async fn find_bought_numbers(
        &self,
        after: Option<NumberId>,
        limit: u16,
    ) -> Result<Vec<OwnedNumber>, Failure> {
        let mut connection = self.readers.one().await?;
        let rows: Vec<NumberRow> = sqlx::query_as(concat!(
            "SELECT ",
            number_columns!(),
            " FROM business_numbers WHERE id > ?1 AND twilio_sid IS NOT NULL ORDER BY id LIMIT ?2"
        ))
        // Every id comes after the empty text.
        .bind(after.map(text).unwrap_or_default())
        .bind(limit)
        .fetch_all(&mut *connection)
        .await?;
        Ok(rows.iter().map(NumberRow::number).collect::<Result<_, Fault>>()?)
    }

    /// Goes through all orders, with two looks into an index for each, because no index can know of two other tables.
    /// It is asked seldom, and on a connection of its own.
    async fn find_contradictions(
        &self,
        before: DateTime<Utc>,
        limit: u16,
    ) -> Result<Vec<Contradiction>, Failure> {
        self.writer.write(FreshStatistics).await?;
        let mut connection = self.readers.apart().await?;
        let rows: Vec<ContradictionRow> = sqlx::query_as(
            "SELECT id, user_id, phone_number, lacks_charge, lacks_number
             FROM (SELECT o.id, o.user_id, o.phone_number, o.opened_at,
                          (o.state = 'completed' OR n.id IS NOT NULL) AND o.hold_id IS NOT NULL
                              AND t.kind IS NOT 'capture' AS lacks_charge,
                          (o.state = 'completed' OR t.kind IS 'capture') AND n.id IS NULL AS lacks_number
                   FROM orders o
                   LEFT JOIN transfer t ON t.pending_id = o.hold_id
                   LEFT JOIN business_numbers n ON n.order_id = o.id
                   WHERE o.updated_at < ?1
                     AND (t.id IS NULL OR t.created_at < ?1)
                     AND (n.id IS NULL OR n.updated_at < ?1))
             WHERE lacks_charge OR lacks_number
             ORDER BY opened_at, id LIMIT ?2",
        )
        .bind(time::to_text(before))
        .bind(limit)
        .fetch_all(&mut connection)
        .await?;
        connection.close().await?;
        Ok(ContradictionRow::contradictions(&rows, limit)?)
    }

    async fn find_reports(&self, limit: u16) -> Result<Vec<Report>, Failure> {
        let mut connection = self.readers.one().await?;
        let rows: Vec<ReportRow> =
            sqlx::query_as("SELECT sequence, report FROM reconciliation ORDER BY sequence DESC LIMIT ?1")
                .bind(limit)
                .fetch_all(&mut *connection)
                .await?;
        Ok(rows.iter().filter_map(ReportRow::report).collect())
    }

    async fn find_last_reconciled(&self) -> Result<DateTime<Utc>, Failure> {
        let mut connection = self.readers.one().await?;
        let last: String = sqlx::query_scalar(
            "SELECT MAX(d.created_at,
                        COALESCE((SELECT MAX(ended_at) FROM reconciliation WHERE complete = 1), d.created_at),
                        COALESCE((SELECT ended_at FROM inventory_pass), d.created_at))
             FROM deployment d",
        )
        .fetch_one(&mut *connection)
        .await?;
        Ok(time::from_text(&last)?)
    }

    async fn find_written_off(&self, number: NumberId) -> Result<bool, Failure> {
        let mut connection = self.readers.one().await?;
        let found = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM audit WHERE subject = ?1 AND action = 'number.write_off')",
        )
        .bind(number.to_string())
        .fetch_one(&mut *connection)
        .await?;
        Ok(found)
    }

    async fn find_webhooks_used(&self) -> Result<Vec<String>, Failure> {
        let mut connection = self.readers.one().await?;
        let used = sqlx::query_scalar("SELECT address FROM webhook_address ORDER BY address")
            .fetch_all(&mut *connection)
            .await?;
        Ok(used)
    }
}

/// Counts the rows of tables that have grown since they were last counted. What was counted when they were nearly empty
/// makes the planner go through a whole table for each row of another.
struct FreshStatistics;

#[async_trait]
impl Work for FreshStatistics {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Decision<()>, Fault> {
        // All tables (0x10000), a bounded number of rows of each (0x10), if it is needed (0x2).
        sqlx::query("PRAGMA optimize = 0x10012").execute(&mut *transaction.connection).await?;
        Ok(Decision::Applied(()))
    }
}

/// Addresses that are given to the provider from now on.
struct UsedAddresses {
    addresses: Vec<String>,
    at: DateTime<Utc>,
}

#[async_trait]
impl Work for UsedAddresses {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Decision<()>, Fault> {
        for address in &self.addresses {
            sqlx::query(
                "INSERT INTO webhook_address (address, first_used_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            )
            .bind(address)
            .bind(time::to_text(self.at))
            .execute(&mut *transaction.connection)
            .await?;
        }
        Ok(Decision::Applied(()))
    }
}

/// Leaves nothing behind but its line of the audit trail, by which it is known when it comes again.
#[async_trait]
impl Apply for Mending {
    type Answer = MendingAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<MendingAnswer>, Fault> {
        let mending = &change.body;
        let row = NumberRow::load(transaction, mending.number).await?;
        if !row.has_version(mending.version) || !row.status()?.accepts_changes() {
            return Ok(Decision::Unchanged(MendingAnswer::Changed));
        }
        if envelope::was_applied(transaction, change).await? {
            return Ok(Decision::Unchanged(MendingAnswer::Begun));
        }
        Ok(Decision::Applied(MendingAnswer::Begun))
    }
}

/// Keeps a report, and of all reports the latest.
#[async_trait]
impl Apply for Report {
    type Answer = ();

    async fn apply(change: &Change<Self>, transaction: &mut Transaction<'_>) -> Result<Decision<()>, Fault> {
        let report = &change.body;
        let kept = sqlx::query(
            "INSERT INTO reconciliation (twilio_account_sid, begun_at, ended_at, complete, found, report)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (twilio_account_sid, begun_at, ended_at) DO NOTHING",
        )
        .bind(report.account.as_str())
        .bind(time::to_text(report.begun_at))
        .bind(time::to_text(report.ended_at))
        .bind(report.complete)
        .bind(found(report))
        .bind(to_json(report)?)
        .execute(&mut *transaction.connection)
        .await?;
        if kept.rows_affected() == 0 {
            return Ok(Decision::Unchanged(()));
        }
        sqlx::query(
            "DELETE FROM reconciliation
             WHERE sequence <= (SELECT sequence FROM reconciliation ORDER BY sequence DESC LIMIT 1 OFFSET ?1)",
        )
        .bind(REPORTS_KEPT)
        .execute(&mut *transaction.connection)
        .await?;
        Ok(Decision::Applied(()))
    }
}

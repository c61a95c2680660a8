//! What a reconciliation reads of our books, its reports, and what it needs for repairing.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::types::{Json, Uuid};
use trunkline_domain::{AuditEntry, Change, NumberId, NumberStatus, OwnedNumber};
use trunkline_provisioning::Report;
use trunkline_provisioning::port::{
    Contradiction, Mending, MendingAnswer, REPORTS_KEPT, ReconciliationStore, StoreError,
};

use super::PostgresStore;
use super::error::{self, Work};
use crate::cell::Moment;
use crate::codec::to_json;
use crate::columns::number_columns;
use crate::error::{Failure, Fault};
use crate::row::{ContradictionRow, NumberRow, ReportRow, found};

#[async_trait]
impl ReconciliationStore for PostgresStore {
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
        Ok(self.keep_reconciliation(report, audit).await?)
    }

    async fn reports(&self, limit: u16) -> Result<Vec<Report>, StoreError> {
        Ok(self.find_reports(limit).await?)
    }

    async fn last_reconciled_at(&self) -> Result<DateTime<Utc>, StoreError> {
        Ok(self.find_last_reconciled().await?)
    }

    async fn begin_mending(&self, change: &Change<Mending>) -> Result<MendingAnswer, StoreError> {
        Ok(self.begin_number_mending(change).await?)
    }

    async fn was_written_off(&self, number: NumberId) -> Result<bool, StoreError> {
        Ok(self.find_written_off(number).await?)
    }

    async fn remember_webhooks(&self, addresses: &[String], at: DateTime<Utc>) -> Result<(), StoreError> {
        Ok(self.keep_webhooks_used(addresses, at).await?)
    }

    async fn webhooks_used(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.find_webhooks_used().await?)
    }
}

impl PostgresStore {
    async fn find_bought_numbers(
        &self,
        after: Option<NumberId>,
        limit: u16,
    ) -> Result<Vec<OwnedNumber>, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT ",
            number_columns!(),
            " FROM trunkline.business_numbers
              WHERE id > $1 AND twilio_sid IS NOT NULL ORDER BY id LIMIT $2"
        ))
        // Every id comes after the nil one.
        .bind(after.map_or(Uuid::nil(), |number| number.as_uuid()))
        .bind(i64::from(limit));
        let rows: Vec<NumberRow> = self.pool.list(query).await?;
        Ok(rows.iter().map(NumberRow::number).collect::<Result<_, Fault>>()?)
    }

    /// Goes through all orders, because no index can know of two other tables. It is asked seldom, and may take longer
    /// than a statement otherwise may.
    async fn find_contradictions(
        &self,
        before: DateTime<Utc>,
        limit: u16,
    ) -> Result<Vec<Contradiction>, Failure> {
        let unread = |error| error::failure(Work::Reading, error);
        let mut moment = self.pool.moment().await?;
        let rows: Vec<ContradictionRow> = sqlx::query_as(
            "SELECT id, user_id, phone_number, lacks_charge, lacks_number
             FROM (SELECT ordered.id, ordered.user_id, ordered.phone_number, ordered.opened_at,
                          (ordered.state = 'completed' OR number.id IS NOT NULL) AND ordered.hold_id IS NOT NULL
                              AND ended.kind IS DISTINCT FROM 'capture' AS lacks_charge,
                          (ordered.state = 'completed' OR ended.kind IS NOT DISTINCT FROM 'capture')
                              AND number.id IS NULL AS lacks_number
                   FROM trunkline.orders ordered
                   LEFT JOIN trunkline.transfer ended ON ended.pending_id = ordered.hold_id
                   LEFT JOIN trunkline.business_numbers number ON number.order_id = ordered.id
                   WHERE ordered.updated_at < $1
                     AND (ended.id IS NULL OR ended.created_at < $1)
                     AND (number.id IS NULL OR number.updated_at < $1)) AS halves
             WHERE lacks_charge OR lacks_number
             ORDER BY opened_at, id LIMIT $2",
        )
        .bind(Moment::of(before).time())
        .bind(i64::from(limit))
        .fetch_all(&mut *moment)
        .await
        .map_err(unread)?;
        moment.rollback().await.map_err(unread)?;
        Ok(ContradictionRow::contradictions(&rows, limit)?)
    }

    async fn keep_reconciliation(&self, report: &Report, audit: &AuditEntry) -> Result<(), Failure> {
        let query = sqlx::query_as(
            "SELECT trunkline.keep_reconciliation_1($1, $2, $3, $4, $5, $6::text::json, $7, $8)",
        )
        .bind(report.account.as_str())
        .bind(Moment::of(report.begun_at).time())
        .bind(Moment::of(report.ended_at).time())
        .bind(report.complete)
        .bind(found(report))
        .bind(to_json(report)?)
        .bind(i64::from(REPORTS_KEPT))
        .bind(Json([audit]));
        let _: (bool,) = self.pool.change(query).await?;
        Ok(())
    }

    async fn find_reports(&self, limit: u16) -> Result<Vec<Report>, Failure> {
        let query = sqlx::query_as(
            "SELECT sequence, report FROM trunkline.reconciliation ORDER BY sequence DESC LIMIT $1",
        )
        .bind(i64::from(limit));
        let rows: Vec<ReportRow> = self.pool.list(query).await?;
        Ok(rows.iter().filter_map(ReportRow::report).collect())
    }

    async fn find_last_reconciled(&self) -> Result<DateTime<Utc>, Failure> {
        let query = sqlx::query_as(
            "SELECT GREATEST(made.created_at,
                             (SELECT MAX(past.ended_at) FROM trunkline.reconciliation past WHERE past.complete),
                             (SELECT pass.ended_at FROM trunkline.inventory_pass pass))
             FROM trunkline.deployment made",
        );
        let rows: Vec<(DateTime<Utc>,)> = self.pool.list(query).await?;
        let last = rows.first().ok_or_else(|| Failure::Broken("there is no deployment".to_owned()))?;
        Ok(last.0)
    }

    async fn begin_number_mending(&self, change: &Change<Mending>) -> Result<MendingAnswer, Failure> {
        let accepting: Vec<&str> = NumberStatus::ALL
            .into_iter()
            .filter(|status| status.accepts_changes())
            .map(NumberStatus::as_str)
            .collect();
        let query = sqlx::query_as("SELECT trunkline.begin_mending_1($1, $2, $3, $4, $5)")
            .bind(change.body.number.as_uuid())
            .bind(change.body.version)
            .bind(accepting)
            .bind(Json(&change.events))
            .bind(Json(&change.audit));
        let (begun,): (bool,) = self.pool.change(query).await?;
        Ok(if begun { MendingAnswer::Begun } else { MendingAnswer::Changed })
    }

    async fn keep_webhooks_used(&self, addresses: &[String], at: DateTime<Utc>) -> Result<(), Failure> {
        let query = sqlx::query_as(
            "WITH added AS (
                 INSERT INTO trunkline.webhook_address (address, first_used_at)
                 SELECT used.address, $2 FROM unnest($1::text[]) AS used (address)
                 ON CONFLICT DO NOTHING
                 RETURNING address)
             SELECT COUNT(*) FROM added",
        )
        .bind(addresses.to_vec())
        .bind(Moment::of(at).time());
        let _: (i64,) = self.pool.change(query).await?;
        Ok(())
    }

    async fn find_written_off(&self, number: NumberId) -> Result<bool, Failure> {
        let query = sqlx::query_as(
            "SELECT EXISTS (SELECT FROM trunkline.audit line WHERE line.subject = $1 AND line.action = 'number.write_off')",
        )
        .bind(number.to_string());
        let rows: Vec<(bool,)> = self.pool.list(query).await?;
        Ok(rows.first().is_some_and(|row| row.0))
    }

    async fn find_webhooks_used(&self) -> Result<Vec<String>, Failure> {
        let query = sqlx::query_as("SELECT address FROM trunkline.webhook_address ORDER BY address");
        let rows: Vec<(String,)> = self.pool.list(query).await?;
        Ok(rows.into_iter().map(|(address,)| address).collect())
    }
}

//! Payments for reading.

use chrono::{DateTime, Utc};
use trunkline_domain::{PaymentId, UserId};
use trunkline_payments::{Payment, PaymentPage, PaymentRef, StoredTaking};

use crate::codec::{optional_text, text};
use crate::columns::payment_columns;
use crate::error::{Failure, Fault};
use crate::row::{PaymentRow, TakingRow};
use crate::sqlite::{SqliteStore, time};

/// A payment that fulfils a condition on `?1`.
macro_rules! payment_where {
    ($condition:literal) => {
        concat!("SELECT ", payment_columns!(), " FROM payment WHERE ", $condition)
    };
}

impl SqliteStore {
    pub(super) async fn find_payment(&self, id: PaymentId) -> Result<Option<Payment>, Failure> {
        self.one_payment(payment_where!("id = ?1"), text(id)).await
    }

    pub(super) async fn find_payment_of(&self, of: &PaymentRef) -> Result<Option<Payment>, Failure> {
        let query = match of {
            PaymentRef::Session(_) => payment_where!("session_id = ?1"),
            PaymentRef::Intent(_) => payment_where!("intent_id = ?1"),
        };
        self.one_payment(query, text(of)).await
    }

    async fn one_payment(&self, query: &'static str, key: String) -> Result<Option<Payment>, Failure> {
        let mut connection = self.readers.one().await?;
        let row: Option<PaymentRow> =
            sqlx::query_as(query).bind(key).fetch_optional(&mut *connection).await?;
        Ok(row.map(|row| row.payment()).transpose()?)
    }

    pub(super) async fn find_payments(
        &self,
        user: &UserId,
        after: Option<PaymentId>,
        limit: u16,
    ) -> Result<PaymentPage, Failure> {
        let mut connection = self.readers.one().await?;
        let rows: Vec<PaymentRow> = sqlx::query_as(payment_where!(
            "user_id = ?1
               AND (?2 IS NULL OR (opened_at, id) <
                    (SELECT last.opened_at, last.id FROM payment last WHERE last.id = ?2 AND last.user_id = ?1))
             ORDER BY opened_at DESC, id DESC LIMIT ?3"
        ))
        .bind(user.as_str())
        .bind(optional_text(after))
        .bind(i64::from(limit) + 1)
        .fetch_all(&mut *connection)
        .await?;
        Ok(PaymentRow::page(&rows, limit)?)
    }

    pub(super) async fn find_credited(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        after: Option<PaymentId>,
        limit: u16,
    ) -> Result<PaymentPage, Failure> {
        let mut connection = self.readers.one().await?;
        let rows: Vec<PaymentRow> = sqlx::query_as(payment_where!(
            "state = 'completed' AND credited_at >= ?1 AND credited_at < ?2
               AND (?3 IS NULL OR (credited_at, id) >
                    (SELECT last.credited_at, last.id FROM payment last WHERE last.id = ?3))
             ORDER BY credited_at, id LIMIT ?4"
        ))
        .bind(time::to_text(from))
        .bind(time::to_text(to))
        .bind(optional_text(after))
        .bind(i64::from(limit) + 1)
        .fetch_all(&mut *connection)
        .await?;
        Ok(PaymentRow::page(&rows, limit)?)
    }

    pub(super) async fn find_undecided(
        &self,
        disputes: DateTime<Utc>,
        refunds: DateTime<Utc>,
        after: Option<PaymentId>,
        limit: u16,
    ) -> Result<PaymentPage, Failure> {
        let mut connection = self.readers.one().await?;
        let rows: Vec<PaymentRow> = sqlx::query_as(payment_where!(
            "id IN (SELECT payment_id FROM payment_taking
                    WHERE returned_at IS NULL AND taken_at >= CASE kind WHEN 'dispute' THEN ?1 ELSE ?4 END)
               AND (?2 IS NULL OR id > ?2)
             ORDER BY id LIMIT ?3"
        ))
        .bind(time::to_text(disputes))
        .bind(optional_text(after))
        .bind(i64::from(limit) + 1)
        .bind(time::to_text(refunds))
        .fetch_all(&mut *connection)
        .await?;
        Ok(PaymentRow::page(&rows, limit)?)
    }

    pub(super) async fn find_takings(&self, payment: PaymentId) -> Result<Vec<StoredTaking>, Failure> {
        let mut connection = self.readers.one().await?;
        let rows: Vec<TakingRow> = sqlx::query_as(
            "SELECT id, kind, amount, currency, taken_at, returned_at FROM payment_taking
             WHERE payment_id = ?1 ORDER BY taken_at, id",
        )
        .bind(text(payment))
        .fetch_all(&mut *connection)
        .await?;
        Ok(rows.iter().map(TakingRow::taking).collect::<Result<_, Fault>>()?)
    }
}

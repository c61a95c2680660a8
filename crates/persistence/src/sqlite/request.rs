//! Idempotency keys: what each was used for, and what became of it.
//!
//! A row is open from the transaction that began the work to the one that ended it; 24 hours after its end the key is
//! free again. Rows that are past that are removed by the way, a few with every new key, so the table does not grow.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{FromRow, SqliteConnection};
use trunkline_domain::{RequestKey, RequestOperation};
use uuid::Uuid;

use super::time;
use super::writer::Transaction;
use crate::codec::{parse, text, to_json};
use crate::error::Fault;
use crate::request::{KEPT, Known};

/// How many rows past their time are removed with every new key. More than one, so that removing keeps up.
const PURGED_AT_ONCE: i64 = 4;

/// A refusal to keep under a request's key.
#[derive(Debug)]
pub(crate) struct RefusedRequest {
    key: RequestKey,
    subject: Uuid,
    outcome: String,
}

impl RefusedRequest {
    /// Keeps a refusal, where the request has a key.
    pub(crate) fn of<T: Serialize>(
        key: Option<&RequestKey>,
        subject: Uuid,
        outcome: &T,
    ) -> Result<Option<Self>, Fault> {
        key.map(|key| Ok(Self { key: key.clone(), subject, outcome: to_json(outcome)? })).transpose()
    }
}

#[derive(FromRow)]
struct RequestRow {
    fingerprint: String,
    subject: String,
    outcome: Option<String>,
    ended_at: Option<String>,
}

/// What a key stands for now; `None` when it is free.
pub(crate) async fn find(
    connection: &mut SqliteConnection,
    key: &RequestKey,
    now: DateTime<Utc>,
) -> Result<Option<Known>, Fault> {
    let row: Option<RequestRow> = sqlx::query_as(
        "SELECT fingerprint, subject, outcome, ended_at FROM request
         WHERE user_id = ?1 AND operation = ?2 AND key = ?3 AND (ended_at IS NULL OR ended_at > ?4)",
    )
    .bind(key.user.as_str())
    .bind(key.operation.as_str())
    .bind(key.key())
    .bind(time::to_text(now - KEPT))
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.fingerprint != text(key.fingerprint.as_uuid()) {
        return Ok(Some(Known::OtherCommand));
    }
    let subject = parse("request.subject", &row.subject)?;
    Ok(Some(match (row.outcome, row.ended_at) {
        (Some(outcome), Some(_)) => Known::Ended { subject, outcome },
        _ => Known::Open { subject },
    }))
}

/// Takes a free key for something that is not ended yet.
pub(crate) async fn begin(
    transaction: &mut Transaction<'_>,
    key: Option<&RequestKey>,
    subject: Uuid,
) -> Result<(), Fault> {
    match key {
        Some(key) => insert(transaction, key, subject, None).await,
        None => Ok(()),
    }
}

/// Takes a free key for something that ended at once.
pub(crate) async fn store_ended<T: Serialize + Sync>(
    transaction: &mut Transaction<'_>,
    key: Option<&RequestKey>,
    subject: Uuid,
    outcome: &T,
) -> Result<(), Fault> {
    match key {
        Some(key) => insert(transaction, key, subject, Some((&to_json(outcome)?, transaction.now))).await,
        None => Ok(()),
    }
}

/// Takes a free key for something that waits and has ended by then at the latest, so that the key is kept until then and as
/// long as of anything else afterwards.
pub(crate) async fn store_ended_at<T: Serialize + Sync>(
    transaction: &mut Transaction<'_>,
    key: Option<&RequestKey>,
    subject: Uuid,
    outcome: &T,
    end: DateTime<Utc>,
) -> Result<(), Fault> {
    match key {
        Some(key) => insert(transaction, key, subject, Some((&to_json(outcome)?, end))).await,
        None => Ok(()),
    }
}

/// Takes a free key for something that was refused.
pub(crate) async fn store_refusal(
    transaction: &mut Transaction<'_>,
    refused: &RefusedRequest,
) -> Result<(), Fault> {
    let end = (refused.outcome.as_str(), transaction.now);
    insert(transaction, &refused.key, refused.subject, Some(end)).await
}

/// Stores the answer of whatever request is open about a subject.
pub(crate) async fn end<T: Serialize + Sync>(
    transaction: &mut Transaction<'_>,
    operation: RequestOperation,
    subject: Uuid,
    outcome: &T,
) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE request SET outcome = ?3, ended_at = ?4 WHERE subject = ?2 AND operation = ?1 AND ended_at IS NULL",
    )
    .bind(operation.as_str())
    .bind(text(subject))
    .bind(to_json(outcome)?)
    .bind(transaction.now_text())
    .execute(&mut *transaction.connection)
    .await?;
    Ok(())
}

/// Frees the key of whatever request is open about a subject, for ends that may be tried again.
pub(crate) async fn free(
    transaction: &mut Transaction<'_>,
    operation: RequestOperation,
    subject: Uuid,
) -> Result<(), Fault> {
    sqlx::query("DELETE FROM request WHERE subject = ?2 AND operation = ?1 AND ended_at IS NULL")
        .bind(operation.as_str())
        .bind(text(subject))
        .execute(&mut *transaction.connection)
        .await?;
    Ok(())
}

async fn insert(
    transaction: &mut Transaction<'_>,
    key: &RequestKey,
    subject: Uuid,
    end: Option<(&str, DateTime<Utc>)>,
) -> Result<(), Fault> {
    purge(transaction).await?;
    // A row of the same key that is still there is past its time: `find` did not see it.
    sqlx::query(
        "INSERT INTO request (user_id, operation, key, fingerprint, subject, outcome, created_at, ended_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (user_id, operation, key) DO UPDATE SET
             fingerprint = excluded.fingerprint, subject = excluded.subject, outcome = excluded.outcome,
             created_at = excluded.created_at, ended_at = excluded.ended_at",
    )
    .bind(key.user.as_str())
    .bind(key.operation.as_str())
    .bind(key.key())
    .bind(text(key.fingerprint.as_uuid()))
    .bind(text(subject))
    .bind(end.map(|(outcome, _)| outcome))
    .bind(transaction.now_text())
    .bind(end.map(|(_, at)| time::to_text(at)))
    .execute(&mut *transaction.connection)
    .await?;
    Ok(())
}

async fn purge(transaction: &mut Transaction<'_>) -> Result<(), Fault> {
    sqlx::query(
        "DELETE FROM request WHERE rowid IN
             (SELECT rowid FROM request WHERE ended_at IS NOT NULL AND ended_at <= ?1 ORDER BY ended_at LIMIT ?2)",
    )
    .bind(time::to_text(transaction.now - KEPT))
    .bind(PURGED_AT_ONCE)
    .execute(&mut *transaction.connection)
    .await?;
    Ok(())
}

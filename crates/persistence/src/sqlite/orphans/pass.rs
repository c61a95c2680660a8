//! Passes over the provider's inventory: one at a time, and what a complete one ends.

use std::collections::HashSet;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::FromRow;
use trunkline_domain::{Change, PhoneNumber};
use trunkline_provisioning::port::{PassLease, PassResult};
use trunkline_provisioning::{LeaseTerms, LeaseToken};

use crate::error::Fault;
use crate::sqlite::time;
use crate::sqlite::writer::{Apply, Decision, Transaction, Work};

/// Takes the right to make the next pass.
pub(super) struct BeginPass {
    pub(super) terms: LeaseTerms,
    pub(super) every: Duration,
}

#[derive(FromRow)]
struct PassRow {
    lease: i64,
    leased_until: Option<String>,
    begun_at: String,
    ended_at: Option<String>,
}

impl PassRow {
    async fn find(transaction: &mut Transaction<'_>) -> Result<Option<Self>, Fault> {
        let row = sqlx::query_as("SELECT lease, leased_until, begun_at, ended_at FROM inventory_pass")
            .fetch_optional(&mut *transaction.connection)
            .await?;
        Ok(row)
    }
}

#[async_trait]
impl Work for BeginPass {
    type Answer = Option<PassLease>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Decision<Self::Answer>, Fault> {
        let now = transaction.now_text();
        if let Some(last) = PassRow::find(transaction).await? {
            let is_running = last.leased_until.is_some_and(|until| until > now);
            let ended = time::from_optional_text(last.ended_at.as_deref())?;
            let is_recent = ended.is_some_and(|ended| ended + self.every > transaction.now);
            if is_running || is_recent {
                return Ok(Decision::Unchanged(None));
            }
        }
        let lease: i64 = sqlx::query_scalar(
            "INSERT INTO inventory_pass (only_row, lease, leased_until, begun_at) VALUES (1, 1, ?1, ?2)
             ON CONFLICT (only_row) DO UPDATE SET
                 lease = lease + 1, leased_until = excluded.leased_until, begun_at = excluded.begun_at
             RETURNING lease",
        )
        .bind(time::to_text(transaction.now + self.terms.lease))
        .bind(&now)
        .fetch_one(&mut *transaction.connection)
        .await?;
        let begun_at = time::from_text(&now)?;
        Ok(Decision::Applied(Some(PassLease { lease: LeaseToken::from_i64(lease), begun_at })))
    }
}

/// Keeps the right to a pass.
pub(super) struct RenewPass {
    pub(super) pass: PassLease,
    pub(super) terms: LeaseTerms,
}

#[async_trait]
impl Work for RenewPass {
    type Answer = bool;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Decision<bool>, Fault> {
        let kept = sqlx::query(
            "UPDATE inventory_pass SET leased_until = ?2 WHERE lease = ?1 AND leased_until IS NOT NULL",
        )
        .bind(self.pass.lease.as_i64())
        .bind(time::to_text(transaction.now + self.terms.lease))
        .execute(&mut *transaction.connection)
        .await?;
        Ok(if kept.rows_affected() == 1 { Decision::Applied(true) } else { Decision::Unchanged(false) })
    }
}

#[async_trait]
impl Apply for PassResult {
    type Answer = u64;

    async fn apply(change: &Change<Self>, transaction: &mut Transaction<'_>) -> Result<Decision<u64>, Fault> {
        let result = &change.body;
        let current = PassRow::find(transaction)
            .await?
            .filter(|row| row.lease == result.pass.lease.as_i64() && row.leased_until.is_some());
        let Some(current) = current else { return Ok(Decision::Unchanged(0)) };
        // Only a complete pass puts the next one off: one that failed is made again soon.
        sqlx::query(
            "UPDATE inventory_pass SET leased_until = NULL, complete = ?2,
                                       ended_at = CASE WHEN ?2 THEN ?1 ELSE ended_at END",
        )
        .bind(transaction.now_text())
        .bind(result.complete)
        .execute(&mut *transaction.connection)
        .await?;
        if !result.complete {
            return Ok(Decision::Applied(0));
        }
        let cooled_before = time::to_text(time::from_text(&current.begun_at)? - result.cooling);
        Ok(Decision::Applied(end_cooling(transaction, &cooled_before, result).await?))
    }
}

/// Frees the claims that have cooled long enough and whose number the listing lacks.
async fn end_cooling(
    transaction: &mut Transaction<'_>,
    cooled_before: &str,
    result: &PassResult,
) -> Result<u64, Fault> {
    let present: HashSet<&str> = result.present.iter().map(PhoneNumber::as_str).collect();
    let cooled: Vec<String> = sqlx::query_scalar(
        "SELECT c.phone_number FROM number_claim c JOIN orders o ON o.id = c.order_id
         WHERE c.state = 'cooling' AND c.cooling_since <= ?1 AND o.twilio_account_sid = ?2
         ORDER BY c.cooling_since",
    )
    .bind(cooled_before)
    .bind(result.account.as_str())
    .fetch_all(&mut *transaction.connection)
    .await?;
    let mut freed = 0;
    for phone_number in cooled.iter().filter(|number| !present.contains(number.as_str())) {
        let deleted = sqlx::query("DELETE FROM number_claim WHERE phone_number = ?1 AND state = 'cooling'")
            .bind(phone_number)
            .execute(&mut *transaction.connection)
            .await?;
        freed += deleted.rows_affected();
    }
    Ok(freed)
}

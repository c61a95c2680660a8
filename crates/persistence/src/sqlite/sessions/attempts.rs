//! Attempts to sign in, sign-ins that go on at the identity provider, and the end of all that is past.

use std::time::Duration;

use async_trait::async_trait;
use secrecy::ExposeSecret;
use trunkline_domain::Change;
use trunkline_sessions::{
    AttemptAnswer, AttemptClaim, AttemptFailure, PendingSignIn, SecretHash, SweepOrder, TakenSignIn,
};

use crate::codec::{optional_text, text};
use crate::error::Fault;
use crate::row::PendingRow;
use crate::sqlite::time;
use crate::sqlite::writer::{Apply, Decision, Transaction, Work};

#[async_trait]
impl Apply for AttemptClaim {
    type Answer = AttemptAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<AttemptAnswer>, Fault> {
        let AttemptClaim { id, email, network, limits } = &change.body;
        let is_there: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sign_in_attempt WHERE id = ?1)")
                .bind(text(id))
                .fetch_one(&mut *transaction.connection)
                .await?;
        if is_there {
            return Ok(Decision::Unchanged(AttemptAnswer::Claimed));
        }
        if let Some(full_since) = full_since(transaction, &change.body).await? {
            let room_at = time::from_text(&full_since)? + limits.window;
            let retry_after = (room_at - transaction.now).to_std().unwrap_or(Duration::ZERO);
            return Ok(Decision::Unchanged(AttemptAnswer::Throttled { retry_after }));
        }
        sqlx::query("INSERT INTO sign_in_attempt (id, email_hash, network, at) VALUES (?1, ?2, ?3, ?4)")
            .bind(text(id))
            .bind(text(email))
            .bind(optional_text(*network))
            .bind(transaction.now_text())
            .execute(&mut *transaction.connection)
            .await?;
        Ok(Decision::Applied(AttemptAnswer::Claimed))
    }
}

/// The last of as many attempts as there may be, where there are so many: while it is within the window, there is no room.
async fn full_since(
    transaction: &mut Transaction<'_>,
    claim: &AttemptClaim,
) -> Result<Option<String>, Fault> {
    let AttemptClaim { email, network, limits, .. } = claim;
    let (of_account, of_network): (Option<String>, Option<String>) = sqlx::query_as(
        "SELECT (SELECT at FROM sign_in_attempt WHERE email_hash = ?1 AND at > ?3
                 ORDER BY at DESC LIMIT 1 OFFSET ?4 - 1),
                (SELECT at FROM sign_in_attempt WHERE network = ?2 AND at > ?3
                 ORDER BY at DESC LIMIT 1 OFFSET ?5 - 1)",
    )
    .bind(text(email))
    .bind(optional_text(*network))
    .bind(time::to_text(transaction.now - limits.window))
    .bind(limits.per_account)
    .bind(limits.per_address)
    .fetch_one(&mut *transaction.connection)
    .await?;
    Ok(of_account.max(of_network))
}

#[async_trait]
impl Apply for AttemptFailure {
    type Answer = bool;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<bool>, Fault> {
        let noted = sqlx::query("UPDATE sign_in_attempt SET has_failed = 1 WHERE id = ?1 AND has_failed = 0")
            .bind(text(change.body.attempt))
            .execute(&mut *transaction.connection)
            .await?;
        Ok(if noted.rows_affected() > 0 { Decision::Applied(true) } else { Decision::Unchanged(false) })
    }
}

#[async_trait]
impl Apply for PendingSignIn {
    type Answer = ();

    async fn apply(change: &Change<Self>, transaction: &mut Transaction<'_>) -> Result<Decision<()>, Fault> {
        let PendingSignIn { state, browser, nonce, verifier, return_to, lives } = &change.body;
        sqlx::query(
            "INSERT INTO sign_in_pending (state_hash, browser_hash, nonce, verifier, return_to, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (state_hash) DO NOTHING",
        )
        .bind(text(state))
        .bind(text(browser))
        .bind(nonce)
        .bind(verifier.expose_secret())
        .bind(return_to)
        .bind(time::to_text(transaction.now + *lives))
        .execute(&mut *transaction.connection)
        .await?;
        Ok(Decision::Applied(()))
    }
}

/// Takes a sign-in that comes back.
pub(super) struct TakePending {
    pub(super) state: SecretHash,
    pub(super) browser: SecretHash,
}

#[async_trait]
impl Work for TakePending {
    type Answer = Option<TakenSignIn>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Decision<Self::Answer>, Fault> {
        let row: Option<PendingRow> = sqlx::query_as(
            "DELETE FROM sign_in_pending WHERE state_hash = ?1 AND browser_hash = ?2 AND expires_at > ?3
             RETURNING nonce, verifier, return_to",
        )
        .bind(text(self.state))
        .bind(text(self.browser))
        .bind(transaction.now_text())
        .fetch_optional(&mut *transaction.connection)
        .await?;
        Ok(match row {
            Some(row) => Decision::Applied(Some(row.taken())),
            None => Decision::Unchanged(None),
        })
    }
}

#[async_trait]
impl Apply for SweepOrder {
    type Answer = u64;

    async fn apply(change: &Change<Self>, transaction: &mut Transaction<'_>) -> Result<Decision<u64>, Fault> {
        let SweepOrder { times, attempts, limit } = change.body;
        let now = transaction.now;
        let past = time::to_text(now);
        let (idle, max) = (time::to_text(now - times.idle), time::to_text(now - times.max));
        let gone = [
            remove(
                transaction,
                "DELETE FROM session WHERE id IN (SELECT id FROM session WHERE last_seen_at <= ?1 LIMIT ?2)",
                (&idle, limit),
            )
            .await?,
            remove(
                transaction,
                "DELETE FROM session WHERE id IN (SELECT id FROM session WHERE started_at <= ?1 LIMIT ?2)",
                (&max, limit),
            )
            .await?,
            remove(
                transaction,
                "DELETE FROM sign_in_link WHERE token_hash IN
                     (SELECT token_hash FROM sign_in_link WHERE expires_at <= ?1 LIMIT ?2)",
                (&past, limit),
            )
            .await?,
            remove(
                transaction,
                "DELETE FROM sign_in_attempt WHERE id IN (SELECT id FROM sign_in_attempt WHERE at <= ?1 LIMIT ?2)",
                (&time::to_text(now - attempts), limit),
            )
            .await?,
            remove(
                transaction,
                "DELETE FROM sign_in_pending WHERE state_hash IN
                     (SELECT state_hash FROM sign_in_pending WHERE expires_at <= ?1 LIMIT ?2)",
                (&past, limit),
            )
            .await?,
        ];
        let most = gone.into_iter().max().unwrap_or(0);
        Ok(if most > 0 { Decision::Applied(most) } else { Decision::Unchanged(0) })
    }
}

/// Removes rows of which some time is not after this, at most so many, and says how many.
async fn remove(
    transaction: &mut Transaction<'_>,
    sql: &'static str,
    (until, limit): (&str, u16),
) -> Result<u64, Fault> {
    let gone = sqlx::query(sql).bind(until).bind(limit).execute(&mut *transaction.connection).await?;
    Ok(gone.rows_affected())
}

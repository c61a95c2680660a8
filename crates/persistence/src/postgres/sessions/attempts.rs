//! Attempts to sign in, sign-ins that go on at the identity provider, and the end of all that is past.

use std::time::Duration;

use secrecy::ExposeSecret;
use sqlx::types::Json;
use trunkline_domain::Change;
use trunkline_sessions::{
    AttemptAnswer, AttemptClaim, AttemptFailure, PendingSignIn, SecretHash, SweepOrder, TakenSignIn,
};

use crate::codec::{optional_text, text};
use crate::error::Failure;
use crate::postgres::PostgresStore;
use crate::postgres::cells::interval;
use crate::row::PendingRow;

impl PostgresStore {
    pub(super) async fn claim_sign_in_attempt(&self, claim: &AttemptClaim) -> Result<AttemptAnswer, Failure> {
        let AttemptClaim { id, email, network, limits } = claim;
        let query = sqlx::query_as("SELECT trunkline.claim_sign_in_attempt_1($1, $2, $3, $4, $5, $6, $7)")
            .bind(*id)
            .bind(text(email))
            .bind(optional_text(*network))
            .bind(i64::from(limits.per_account))
            .bind(i64::from(limits.per_address))
            .bind(interval(limits.window))
            .bind(self.lease_time.given());
        let (wait,): (Option<i64>,) = self.pool.change(query).await?;
        Ok(match wait {
            None => AttemptAnswer::Claimed,
            Some(micros) => {
                AttemptAnswer::Throttled { retry_after: Duration::from_micros(micros.unsigned_abs()) }
            }
        })
    }

    pub(super) async fn note_sign_in_failure(
        &self,
        change: &Change<AttemptFailure>,
    ) -> Result<bool, Failure> {
        let query = sqlx::query_as("SELECT trunkline.note_sign_in_failure_1($1, $2, $3)")
            .bind(change.body.attempt)
            .bind(Json(&change.events))
            .bind(Json(&change.audit));
        let (is_new,) = self.pool.change(query).await?;
        Ok(is_new)
    }

    pub(super) async fn keep_pending_sign_in(&self, pending: &PendingSignIn) -> Result<(), Failure> {
        let PendingSignIn { state, browser, nonce, verifier, return_to, lives } = pending;
        let query = sqlx::query_as(
            "INSERT INTO trunkline.sign_in_pending
                 (state_hash, browser_hash, nonce, verifier, return_to, expires_at)
             VALUES ($1, $2, $3, $4, $5, trunkline.lease_time_1($7) + $6)
             ON CONFLICT (state_hash) DO NOTHING RETURNING nonce, verifier, return_to",
        )
        .bind(text(state))
        .bind(text(browser))
        .bind(nonce)
        .bind(verifier.expose_secret())
        .bind(return_to)
        .bind(interval(*lives))
        .bind(self.lease_time.given());
        let _: Vec<PendingRow> = self.pool.take(query).await?;
        Ok(())
    }

    pub(super) async fn take_pending_sign_in(
        &self,
        state: &SecretHash,
        browser: &SecretHash,
    ) -> Result<Option<TakenSignIn>, Failure> {
        let query = sqlx::query_as(
            "DELETE FROM trunkline.sign_in_pending
             WHERE state_hash = $1 AND browser_hash = $2 AND expires_at > trunkline.lease_time_1($3)
             RETURNING nonce, verifier, return_to",
        )
        .bind(text(state))
        .bind(text(browser))
        .bind(self.lease_time.given());
        let taken: Vec<PendingRow> = self.pool.take(query).await?;
        Ok(taken.into_iter().next().map(PendingRow::taken))
    }

    pub(super) async fn sweep_sessions(&self, order: SweepOrder) -> Result<u64, Failure> {
        let query = sqlx::query_as("SELECT trunkline.sweep_sessions_1($1, $2, $3, $4, $5)")
            .bind(interval(order.times.idle))
            .bind(interval(order.times.max))
            .bind(interval(order.attempts))
            .bind(i64::from(order.limit))
            .bind(self.lease_time.given());
        let (most,): (i64,) = self.pool.change(query).await?;
        Ok(most.unsigned_abs())
    }
}

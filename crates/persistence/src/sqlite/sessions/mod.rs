//! Accounts that sign in at a browser, their sessions, and what signing in needs for a while.

mod accounts;
mod attempts;
mod lives;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use trunkline_domain::{Change, SessionId, SignInAccountId};
use trunkline_sessions::{
    Account, AccountCreation, AccountLookup, AccountSwitch, AttemptAnswer, AttemptClaim, AttemptFailure,
    BeginAnswer, CreateAccountAnswer, Ended, LinkCreation, LiveSession, PasswordSetting, PendingSignIn,
    SecretHash, SessionEnding, SessionStart, SessionStore, SessionStoreError, SessionTimes, SessionView,
    SetPasswordAnswer, SweepOrder, SwitchAnswer, TakenSignIn,
};

use self::attempts::TakePending;
use self::lives::SessionUse;
use super::{SqliteStore, time};
use crate::codec::{optional_text, text};
use crate::columns::sign_in_account_columns;
use crate::error::{Failure, Fault};
use crate::row::{LiveSessionRow, SessionRow, SignInAccountRow};

#[async_trait]
impl SessionStore for SqliteStore {
    async fn account(&self, by: &AccountLookup) -> Result<Option<Account>, SessionStoreError> {
        Ok(self.find_sign_in_account(by).await?)
    }

    async fn accounts(
        &self,
        after: Option<SignInAccountId>,
        limit: u16,
    ) -> Result<Vec<Account>, SessionStoreError> {
        Ok(self.find_sign_in_accounts(after, limit).await?)
    }

    async fn create_account(
        &self,
        change: &Change<AccountCreation>,
    ) -> Result<CreateAccountAnswer, SessionStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn set_password(
        &self,
        change: &Change<PasswordSetting>,
    ) -> Result<SetPasswordAnswer, SessionStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn switch_account(
        &self,
        change: &Change<AccountSwitch>,
    ) -> Result<SwitchAnswer, SessionStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn claim_attempt(&self, claim: &AttemptClaim) -> Result<AttemptAnswer, SessionStoreError> {
        Ok(self.writer.write(Change::new(claim.clone())).await?)
    }

    async fn note_failure(&self, change: &Change<AttemptFailure>) -> Result<bool, SessionStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn begin(&self, change: &Change<SessionStart>) -> Result<BeginAnswer, SessionStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn resume(
        &self,
        token: &SecretHash,
        times: SessionTimes,
    ) -> Result<Option<LiveSession>, SessionStoreError> {
        Ok(self.find_live_session(token, times).await?)
    }

    async fn note_seen(&self, session: SessionId, pause: TimeDelta) -> Result<(), SessionStoreError> {
        Ok(self.writer.write(Change::new(SessionUse { session, pause })).await?)
    }

    async fn sessions(
        &self,
        account: SignInAccountId,
        times: SessionTimes,
    ) -> Result<Vec<SessionView>, SessionStoreError> {
        Ok(self.find_sessions(account, times).await?)
    }

    async fn end(&self, change: &Change<SessionEnding>) -> Result<Ended, SessionStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn create_link(
        &self,
        change: &Change<LinkCreation>,
    ) -> Result<Option<DateTime<Utc>>, SessionStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn account_of_link(&self, link: &SecretHash) -> Result<Option<Account>, SessionStoreError> {
        Ok(self.find_account_of_link(link).await?)
    }

    async fn keep_pending(&self, pending: &PendingSignIn) -> Result<(), SessionStoreError> {
        Ok(self.writer.write(Change::new(pending.clone())).await?)
    }

    async fn take_pending(
        &self,
        state: &SecretHash,
        browser: &SecretHash,
    ) -> Result<Option<TakenSignIn>, SessionStoreError> {
        Ok(self.writer.write(TakePending { state: *state, browser: *browser }).await?)
    }

    async fn sweep(&self, order: SweepOrder) -> Result<u64, SessionStoreError> {
        Ok(self.writer.write(Change::new(order)).await?)
    }
}

/// An account that fulfils a condition.
macro_rules! account_where {
    ($condition:literal) => {
        concat!("SELECT ", sign_in_account_columns!(), " FROM sign_in_account WHERE ", $condition)
    };
}

impl SqliteStore {
    async fn find_sign_in_account(&self, by: &AccountLookup) -> Result<Option<Account>, Failure> {
        let (sql, value) = match by {
            AccountLookup::Id(id) => (account_where!("id = ?1"), text(id)),
            AccountLookup::Email(email) => (account_where!("email_key = ?1"), Account::email_key(email)),
            AccountLookup::Subject(subject) => (account_where!("subject = ?1"), text(subject)),
        };
        let mut connection = self.readers.one().await?;
        let row: Option<SignInAccountRow> =
            sqlx::query_as(sql).bind(value).fetch_optional(&mut *connection).await?;
        Ok(row.map(|row| row.account()).transpose()?)
    }

    async fn find_sign_in_accounts(
        &self,
        after: Option<SignInAccountId>,
        limit: u16,
    ) -> Result<Vec<Account>, Failure> {
        let mut connection = self.readers.one().await?;
        let rows: Vec<SignInAccountRow> = sqlx::query_as(account_where!(
            "?1 IS NULL OR (created_at, id) > (SELECT created_at, id FROM sign_in_account WHERE id = ?1)
             ORDER BY created_at, id LIMIT ?2"
        ))
        .bind(optional_text(after))
        .bind(limit)
        .fetch_all(&mut *connection)
        .await?;
        Ok(rows.iter().map(SignInAccountRow::account).collect::<Result<_, Fault>>()?)
    }

    async fn find_account_of_link(&self, link: &SecretHash) -> Result<Option<Account>, Failure> {
        let mut connection = self.readers.one().await?;
        let row: Option<SignInAccountRow> = sqlx::query_as(account_where!(
            "id = (SELECT account_id FROM sign_in_link WHERE token_hash = ?1 AND expires_at > ?2)"
        ))
        .bind(text(link))
        .bind(time::to_text(self.clock.now()))
        .fetch_optional(&mut *connection)
        .await?;
        Ok(row.map(|row| row.account()).transpose()?)
    }

    async fn find_live_session(
        &self,
        token: &SecretHash,
        times: SessionTimes,
    ) -> Result<Option<LiveSession>, Failure> {
        let now = self.clock.now();
        let mut connection = self.readers.one().await?;
        let row: Option<LiveSessionRow> = sqlx::query_as(
            "SELECT session.id, session.account_id, session.method, session.started_at, session.last_seen_at,
                    holder.email, holder.subject, holder.user_id, holder.key_id, opening.scopes AS key_scopes,
                    opening.expires_at AS key_expires_at, ?2 AS read_at
             FROM session
             JOIN sign_in_account holder ON holder.id = session.account_id
             LEFT JOIN api_keys opening ON opening.id = holder.key_id
             WHERE session.token_hash = ?1 AND session.last_seen_at > ?3 AND session.started_at > ?4
               AND holder.disabled_at IS NULL
               AND (holder.key_id IS NULL
                    OR opening.revoked_at IS NULL AND (opening.expires_at IS NULL OR opening.expires_at > ?2))",
        )
        .bind(text(token))
        .bind(time::to_text(now))
        .bind(time::to_text(now - times.idle))
        .bind(time::to_text(now - times.max))
        .fetch_optional(&mut *connection)
        .await?;
        Ok(row.map(|row| row.session()).transpose()?)
    }

    async fn find_sessions(
        &self,
        account: SignInAccountId,
        times: SessionTimes,
    ) -> Result<Vec<SessionView>, Failure> {
        let now = self.clock.now();
        let mut connection = self.readers.one().await?;
        let rows: Vec<SessionRow> = sqlx::query_as(
            "SELECT id, method, started_at, last_seen_at, address, user_agent FROM session
             WHERE account_id = ?1 AND last_seen_at > ?2 AND started_at > ?3
             ORDER BY started_at DESC, id DESC",
        )
        .bind(text(account))
        .bind(time::to_text(now - times.idle))
        .bind(time::to_text(now - times.max))
        .fetch_all(&mut *connection)
        .await?;
        Ok(rows.iter().map(SessionRow::view).collect::<Result<_, Fault>>()?)
    }
}

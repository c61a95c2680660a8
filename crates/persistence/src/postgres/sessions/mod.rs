//! Accounts that sign in at a browser, their sessions, and what signing in needs for a while. Every transition is a
//! function of the database, in `0048_session_functions.sql`.

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

use super::PostgresStore;
use crate::error::Failure;

#[async_trait]
impl SessionStore for PostgresStore {
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
        Ok(self.add_sign_in_account(change).await?)
    }

    async fn set_password(
        &self,
        change: &Change<PasswordSetting>,
    ) -> Result<SetPasswordAnswer, SessionStoreError> {
        Ok(self.set_sign_in_password(change).await?)
    }

    async fn switch_account(
        &self,
        change: &Change<AccountSwitch>,
    ) -> Result<SwitchAnswer, SessionStoreError> {
        Ok(self.switch_sign_in_account(change).await?)
    }

    async fn claim_attempt(&self, claim: &AttemptClaim) -> Result<AttemptAnswer, SessionStoreError> {
        Ok(self.claim_sign_in_attempt(claim).await?)
    }

    async fn note_failure(&self, change: &Change<AttemptFailure>) -> Result<bool, SessionStoreError> {
        Ok(self.note_sign_in_failure(change).await?)
    }

    async fn begin(&self, change: &Change<SessionStart>) -> Result<BeginAnswer, SessionStoreError> {
        Ok(self.begin_session(change).await?)
    }

    async fn resume(
        &self,
        token: &SecretHash,
        times: SessionTimes,
    ) -> Result<Option<LiveSession>, SessionStoreError> {
        Ok(self.find_live_session(token, times).await?)
    }

    async fn note_seen(&self, session: SessionId, pause: TimeDelta) -> Result<(), SessionStoreError> {
        Ok(self.note_session_use(session, pause).await?)
    }

    async fn sessions(
        &self,
        account: SignInAccountId,
        times: SessionTimes,
    ) -> Result<Vec<SessionView>, SessionStoreError> {
        Ok(self.find_sessions(account, times).await?)
    }

    async fn end(&self, change: &Change<SessionEnding>) -> Result<Ended, SessionStoreError> {
        Ok(self.end_sessions(change).await?)
    }

    async fn create_link(
        &self,
        change: &Change<LinkCreation>,
    ) -> Result<Option<DateTime<Utc>>, SessionStoreError> {
        Ok(self.add_sign_in_link(change).await?)
    }

    async fn account_of_link(&self, link: &SecretHash) -> Result<Option<Account>, SessionStoreError> {
        Ok(self.find_account_of_link(link).await?)
    }

    async fn keep_pending(&self, pending: &PendingSignIn) -> Result<(), SessionStoreError> {
        Ok(self.keep_pending_sign_in(pending).await?)
    }

    async fn take_pending(
        &self,
        state: &SecretHash,
        browser: &SecretHash,
    ) -> Result<Option<TakenSignIn>, SessionStoreError> {
        Ok(self.take_pending_sign_in(state, browser).await?)
    }

    async fn sweep(&self, order: SweepOrder) -> Result<u64, SessionStoreError> {
        Ok(self.sweep_sessions(order).await?)
    }
}

/// A function of the database has said what this binary does not know.
fn unknown_outcome(function: &str, outcome: &str) -> Failure {
    Failure::Broken(format!("{function} answered `{outcome}`"))
}

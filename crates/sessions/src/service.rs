//! The service: who a browser's token belongs to, and ending that.

use std::future::Future;
use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::json;
use trunkline_domain::{AuditEntry, Change, Clock, IdSource, Origin, UserId};
use trunkline_tenancy::{Email, Tenancy};

use crate::port::{Ending, SessionEnding};
use crate::{
    Account, AccountHolder, AccountLookup, Client, Ended, IdentityProvider, LiveSession, Passwords, Session,
    SessionId, SessionSettings, SessionStore, SessionStoreError, SessionToken, SessionView,
};

/// How often a change whose outcome is unknown is repeated, unchanged, before the caller hears of it.
const WRITE_ATTEMPTS: usize = 3;

/// How precise the last use of a session is.
const SEEN_PAUSE: TimeDelta = TimeDelta::minutes(1);

/// Signs people in at browsers. Clones are the same service.
#[derive(Clone)]
pub struct Sessions(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) parts: SessionParts,
    pub(crate) settings: SessionSettings,
}

/// What the service works with.
pub struct SessionParts {
    /// Where accounts and sessions are.
    pub store: Arc<dyn SessionStore>,
    /// Where users are, to add those who come from the identity provider.
    pub tenancy: Tenancy,
    /// What hashes passwords.
    pub passwords: Passwords,
    /// The identity provider, where there is one.
    pub oidc: Option<Arc<dyn IdentityProvider>>,
    /// The time of audit lines.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
}

impl Sessions {
    /// A service over its parts.
    pub fn new(parts: SessionParts, settings: SessionSettings) -> Self {
        Self(Arc::new(Inner { parts, settings }))
    }

    /// Whose session this token is of; nobody's where it has ended, or what it was for opens nothing any more. One
    /// question to the store; at most once in a minute a use is noted beside it, and that it cannot be is no reason to
    /// turn anybody away.
    pub async fn resume(&self, token: &SessionToken) -> Result<Option<Session>, SessionStoreError> {
        let found = self.0.parts.store.resume(&token.hash(), self.0.settings.times).await?;
        let Some(live) = found else { return Ok(None) };
        if live.read_at - live.last_seen_at >= SEEN_PAUSE {
            let noted = self.0.parts.store.note_seen(live.id, SEEN_PAUSE).await;
            if let Err(error) = noted {
                tracing::debug!(session = %live.id, %error, "the use of a session is not noted");
            }
        }
        Ok(Some(self.session(live)))
    }

    /// The same for what a page asks by itself, again and again: it is no use of the session, so it does not put its end off.
    pub async fn resume_unused(&self, token: &SessionToken) -> Result<Option<Session>, SessionStoreError> {
        let found = self.0.parts.store.resume(&token.hash(), self.0.settings.times).await?;
        Ok(found.map(|live| self.session(live)))
    }

    /// Ends the session of this token; one that has ended already stays so.
    pub async fn sign_out(&self, token: &SessionToken, from: &Client) -> Result<(), SessionStoreError> {
        let found = self.0.parts.store.resume(&token.hash(), self.0.settings.times).await?;
        let Some(live) = found else { return Ok(()) };
        let session = self.session(live);
        let audit = self.audit_of(&session, "session.sign_out", session.id, from);
        self.end_sessions(&session, Ending::One(session.id), audit).await.map(drop)
    }

    /// The sessions of the same account, newest first.
    pub async fn sessions_of(&self, session: &Session) -> Result<Vec<SessionView>, SessionStoreError> {
        self.0.parts.store.sessions(session.account, self.0.settings.times).await
    }

    /// Whether the account of a session has a password to sign in with, and to change.
    pub async fn has_password(&self, session: &Session) -> Result<bool, SessionStoreError> {
        let account = self.account(AccountLookup::Id(session.account)).await?;
        Ok(account.is_some_and(|account| account.email.is_some() && account.password.is_some()))
    }

    /// Ends a session of the same account. One that is not there, or is another account's, is left alone in silence.
    pub async fn end(
        &self,
        session: &Session,
        id: SessionId,
        from: &Client,
    ) -> Result<(), SessionStoreError> {
        let audit = self.audit_of(session, "session.end", id, from);
        self.end_sessions(session, Ending::One(id), audit).await.map(drop)
    }

    /// Ends every session of the same account but this one, and says how many those were.
    pub async fn end_others(&self, session: &Session, from: &Client) -> Result<Ended, SessionStoreError> {
        let line = self.audit_of(session, "session.end_others", session.account, from);
        let audit = AuditEntry { details: json!({ "kept": session.id }), ..line };
        self.end_sessions(session, Ending::AllBut(session.id), audit).await
    }

    async fn end_sessions(
        &self,
        session: &Session,
        which: Ending,
        audit: AuditEntry,
    ) -> Result<Ended, SessionStoreError> {
        let change = Change::new(SessionEnding { account: session.account, which }).audit(audit);
        until_known(|| self.0.parts.store.end(&change)).await
    }

    /// A line of the trail about what the holder of a session does with it.
    fn audit_of(
        &self,
        session: &Session,
        action: &str,
        subject: impl std::fmt::Display,
        from: &Client,
    ) -> AuditEntry {
        let (actor, user) = match &session.principal.kind {
            trunkline_tenancy::PrincipalKind::User { user, key } => {
                (trunkline_domain::Actor::User { user: user.clone(), key: *key }, Some(user))
            }
            trunkline_tenancy::PrincipalKind::Operator { key } => {
                (trunkline_domain::Actor::Operator { key: *key }, None)
            }
            // Nobody signs in as a service; the trail would say so if somebody did.
            trunkline_tenancy::PrincipalKind::Service { .. } => (trunkline_domain::Actor::System, None),
        };
        from.origin(actor).audit(action, subject, user, self.0.parts.clock.now())
    }

    pub(crate) fn session(&self, live: LiveSession) -> Session {
        let LiveSession { id, account, principal, name, method, started_at, .. } = live;
        let lasts = TimeDelta::from_std(self.0.settings.times.max).unwrap_or(TimeDelta::MAX);
        let ends_at = started_at.checked_add_signed(lasts).unwrap_or(started_at);
        Session { id, account, principal, name, method, started_at, ends_at }
    }

    /// A line of the trail about an account. Its address is in none: the trail forgets nothing.
    pub(crate) fn account_audit(&self, origin: &Origin, action: &str, account: &Account) -> AuditEntry {
        let line = origin.audit(action, account.id, account.holder.user(), self.0.parts.clock.now());
        let details = json!({
            "kind": account.holder.kind(),
            "key": account.holder.key(),
            "subject": account.subject,
        });
        AuditEntry { details, ..line }
    }

    /// The user who signs in with an address, if somebody does.
    pub async fn user_with_email(&self, email: Email) -> Result<Option<UserId>, SessionStoreError> {
        let account = self.account(AccountLookup::Email(email)).await?;
        Ok(account.and_then(|account| match account.holder {
            AccountHolder::User(user) => Some(user),
            AccountHolder::Operator { .. } => None,
        }))
    }

    pub(crate) async fn account(&self, by: AccountLookup) -> Result<Option<Account>, SessionStoreError> {
        self.0.parts.store.account(&by).await
    }
}

/// Repeats a change whose outcome the store does not know; every change is safe to repeat.
pub(crate) async fn until_known<T, F: Future<Output = Result<T, SessionStoreError>>>(
    apply: impl Fn() -> F,
) -> Result<T, SessionStoreError> {
    let mut attempt = 1;
    loop {
        match apply().await {
            Err(SessionStoreError::OutcomeUnknown(_)) if attempt < WRITE_ATTEMPTS => attempt += 1,
            known => return known,
        }
    }
}

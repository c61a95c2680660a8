//! Accounts that sign in at a browser, and their sessions, as they are stored.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::FromRow;
use trunkline_domain::{ApiKeyId, SessionId, SignInAccountId, UserId};
use trunkline_sessions::{
    Account, AccountCreation, AccountHolder, AccountState, LiveSession, PasswordHash, SessionView,
    SignInMethod, TakenSignIn,
};
use trunkline_tenancy::{ApiKey, Email, KeyHolder, Principal};

use crate::cell::{Id, Moment};
use crate::codec::{named, parse, parse_optional, text};
use crate::error::Fault;

/// An account.
#[derive(Debug, FromRow)]
pub(crate) struct SignInAccountRow {
    id: Id,
    email: Option<String>,
    subject: Option<String>,
    user_id: Option<String>,
    key_id: Option<Id>,
    password: Option<String>,
    disabled_at: Option<Moment>,
    revision: i64,
    created_at: Moment,
}

impl SignInAccountRow {
    pub(crate) fn account(&self) -> Result<Account, Fault> {
        let state = match self.disabled_at {
            Some(since) => AccountState::Disabled { since: since.time() },
            None => AccountState::Enabled,
        };
        Ok(Account {
            id: SignInAccountId::from_uuid(self.id.0),
            email: parse_optional("sign_in_account.email", self.email.as_deref())?,
            subject: parse_optional("sign_in_account.subject", self.subject.as_deref())?,
            holder: holder(self.id, self.user_id.as_deref(), self.key_id)?,
            password: self.password.clone().map(PasswordHash::from_stored),
            state,
            revision: self.revision,
            created_at: self.created_at.time(),
        })
    }
}

fn holder(account: Id, user: Option<&str>, key: Option<Id>) -> Result<AccountHolder, Fault> {
    match (user, key) {
        (Some(user), None) => Ok(AccountHolder::User(parse("sign_in_account.user_id", user)?)),
        (None, Some(key)) => Ok(AccountHolder::Operator { key: ApiKeyId::from_uuid(key.0) }),
        (Some(_), Some(_)) | (None, None) => {
            Err(Fault::Broken(format!("account {} is neither a user's nor an operator's", account.0)))
        }
    }
}

/// A session as its token finds it, with what its account opens.
#[derive(Debug, FromRow)]
pub(crate) struct LiveSessionRow {
    id: Id,
    account_id: Id,
    method: String,
    started_at: Moment,
    last_seen_at: Moment,
    email: Option<String>,
    subject: Option<String>,
    user_id: Option<String>,
    key_id: Option<Id>,
    /// Missing for a key of the time before there were scopes: then it has every one of its kind.
    key_scopes: Option<String>,
    key_expires_at: Option<Moment>,
    read_at: Moment,
}

impl LiveSessionRow {
    pub(crate) fn session(&self) -> Result<LiveSession, Fault> {
        let holder = holder(self.account_id, self.user_id.as_deref(), self.key_id)?;
        let name = Account::name_of(self.email.as_deref(), self.subject.as_deref(), &holder);
        let principal = match holder {
            AccountHolder::User(user) => Principal::of_signed_in_user(user),
            AccountHolder::Operator { key } => {
                let scopes = parse_optional("api_keys.scopes", self.key_scopes.as_deref())?;
                let scopes = scopes.unwrap_or(KeyHolder::Operator.scopes());
                Principal::of_signed_in_operator(key, scopes, self.key_expires_at.map(Moment::time))
            }
        };
        Ok(LiveSession {
            id: SessionId::from_uuid(self.id.0),
            account: SignInAccountId::from_uuid(self.account_id.0),
            principal,
            name,
            method: named("session.method", &self.method, SignInMethod::from_name)?,
            started_at: self.started_at.time(),
            last_seen_at: self.last_seen_at.time(),
            read_at: self.read_at.time(),
        })
    }
}

/// A session in a list.
#[derive(Debug, FromRow)]
pub(crate) struct SessionRow {
    id: Id,
    method: String,
    started_at: Moment,
    last_seen_at: Moment,
    address: Option<String>,
    user_agent: Option<String>,
}

impl SessionRow {
    pub(crate) fn view(&self) -> Result<SessionView, Fault> {
        Ok(SessionView {
            id: SessionId::from_uuid(self.id.0),
            method: named("session.method", &self.method, SignInMethod::from_name)?,
            started_at: self.started_at.time(),
            last_seen_at: self.last_seen_at.time(),
            address: parse_optional("session.address", self.address.as_deref())?,
            user_agent: self.user_agent.clone(),
        })
    }
}

/// What is kept of a sign-in that has come back.
#[derive(Debug, FromRow)]
pub(crate) struct PendingRow {
    nonce: String,
    verifier: String,
    return_to: String,
}

impl PendingRow {
    pub(crate) fn taken(self) -> TakenSignIn {
        let Self { nonce, verifier, return_to } = self;
        TakenSignIn { nonce, verifier: verifier.into(), return_to }
    }
}

/// An account as it is handed to the database.
#[derive(Debug)]
pub(crate) struct AccountFields<'a> {
    pub(crate) email: Option<&'a str>,
    pub(crate) email_key: Option<String>,
    pub(crate) subject: Option<&'a str>,
    pub(crate) user: Option<&'a str>,
    pub(crate) password: Option<&'a str>,
    pub(crate) disabled_at: Option<DateTime<Utc>>,
}

impl<'a> AccountFields<'a> {
    /// An operator's account comes with its key, and nobody else's does.
    pub(crate) fn of(creation: &'a AccountCreation) -> Result<Self, Fault> {
        let AccountCreation { account, key } = creation;
        if key.as_ref().map(|key| key.id) != account.holder.key() {
            return Err(Fault::Broken(format!("account {} comes with another key than its own", account.id)));
        }
        Ok(Self {
            email: account.email.as_ref().map(Email::as_str),
            email_key: account.email.as_ref().map(Account::email_key),
            subject: account.subject.as_ref().map(UserId::as_str),
            user: account.holder.user().map(UserId::as_str),
            password: account.password.as_ref().map(PasswordHash::as_str),
            disabled_at: disabled_at(account.state),
        })
    }
}

/// Since when an account in this state is disabled.
pub(crate) fn disabled_at(state: AccountState) -> Option<DateTime<Utc>> {
    match state {
        AccountState::Enabled => None,
        AccountState::Disabled { since } => Some(Moment::of(since).time()),
    }
}

/// The key that is made with an operator's account, as a document for the database.
#[derive(Debug, Serialize)]
pub(crate) struct KeyFields<'a> {
    id: ApiKeyId,
    hash: String,
    name: Option<&'a str>,
    scopes: String,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
}

impl<'a> KeyFields<'a> {
    pub(crate) fn of(key: &'a ApiKey) -> Self {
        Self {
            id: key.id,
            hash: text(key.hash),
            name: key.name.as_deref(),
            scopes: text(key.scopes),
            created_at: Moment::of(key.created_at).time(),
            expires_at: key.expires_at.map(|end| Moment::of(end).time()),
        }
    }
}

//! Accounts: ways in for a user or an operator.

use chrono::{DateTime, Utc};
use trunkline_domain::{Actor, ApiKeyId, UserId};
use trunkline_tenancy::Email;

use crate::PasswordHash;

pub use trunkline_domain::SignInAccountId as AccountId;

/// A way in. It has an e-mail address, a subject at the identity provider, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Identity.
    pub id: AccountId,
    /// What its holder types to sign in; no two accounts have the same but for capitals.
    pub email: Option<Email>,
    /// Who they are at the identity provider; no two accounts have the same.
    pub subject: Option<UserId>,
    /// For whom it is a way in. A user may have several.
    pub holder: AccountHolder,
    /// What their password hashes to; none for those who come from the identity provider or by a link.
    pub password: Option<PasswordHash>,
    /// Whether it opens anything.
    pub state: AccountState,
    /// Counts changes of the password and the state: a sign-in that has looked at an older account begins no session.
    pub revision: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// For whom an account is a way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountHolder {
    /// A user.
    User(UserId),
    /// An operator, by the API key that was made with the account. Nobody knows the key's secret: it is there so that
    /// the trail, approvals and revocation treat this operator as every other.
    Operator {
        /// That key.
        key: ApiKeyId,
    },
}

/// Whether an account opens anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    /// It does.
    Enabled,
    /// Somebody has disabled it.
    Disabled {
        /// Since when.
        since: DateTime<Utc>,
    },
}

/// How a session began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInMethod {
    /// With an e-mail address and a password.
    Password,
    /// At the identity provider.
    Oidc,
    /// By a link that worked once.
    Link,
}

impl SignInMethod {
    /// The name in records, SQL and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Oidc => "oidc",
            Self::Link => "link",
        }
    }

    /// The method of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Password, Self::Oidc, Self::Link].into_iter().find(|method| method.as_str() == name)
    }
}

impl AccountHolder {
    /// The kind's name in records, SQL and answers.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Operator { .. } => "operator",
        }
    }

    /// The user, where it is one.
    pub const fn user(&self) -> Option<&UserId> {
        match self {
            Self::User(user) => Some(user),
            Self::Operator { .. } => None,
        }
    }

    /// The operator's key, where it is one.
    pub const fn key(&self) -> Option<ApiKeyId> {
        match self {
            Self::User(_) => None,
            Self::Operator { key } => Some(*key),
        }
    }

    /// Who does it, for the audit trail, when its holder does something.
    pub fn actor(&self) -> Actor {
        match self {
            Self::User(user) => Actor::User { user: user.clone(), key: None },
            Self::Operator { key } => Actor::Operator { key: *key },
        }
    }
}

impl Account {
    /// The address as it is compared: without regard to capitals.
    pub fn email_key(email: &Email) -> String {
        email.as_str().to_lowercase()
    }

    /// What to call it.
    pub fn name(&self) -> String {
        let (email, subject) = (self.email.as_ref(), self.subject.as_ref());
        Self::name_of(email.map(Email::as_str), subject.map(UserId::as_str), &self.holder)
    }

    /// What to call an account of which this much is known.
    pub fn name_of(email: Option<&str>, subject: Option<&str>, holder: &AccountHolder) -> String {
        match (email.or(subject), holder) {
            (Some(name), _) => name.to_owned(),
            (None, AccountHolder::User(user)) => user.to_string(),
            (None, AccountHolder::Operator { key }) => format!("operator {key}"),
        }
    }
}

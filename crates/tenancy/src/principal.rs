//! Who calls: whose credential they show, what it may be used for, and what they may pass on to a key that they make.

use chrono::{DateTime, Utc};
use trunkline_domain::{Actor, ApiKeyId, UserId};

use crate::{ApiKey, Denial, KeyHolder, KeyScopes, Scope};

/// Who is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Whose credential it is that they showed.
    pub kind: PrincipalKind,
    /// What the credential may be used for.
    pub scopes: KeyScopes,
    /// When the key ends. A token's end is its issuer's matter and binds nothing that is made with it.
    pub ends_at: Option<DateTime<Utc>>,
}

/// What kind of caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrincipalKind {
    /// A user, for themselves.
    User {
        /// Who.
        user: UserId,
        /// With which key; `None` for a token of the identity provider.
        key: Option<ApiKeyId>,
    },
    /// A service, for the user that it names.
    Service {
        /// With which key.
        key: ApiKeyId,
    },
    /// An operator.
    Operator {
        /// With which key.
        key: ApiKeyId,
    },
}

impl PrincipalKind {
    /// The name in logs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::User { .. } => "user",
            Self::Service { .. } => "service",
            Self::Operator { .. } => "operator",
        }
    }
}

impl Principal {
    /// The holder of a key.
    pub(crate) fn of_key(key: ApiKey) -> Self {
        let ApiKey { id, holder, scopes, expires_at, .. } = key;
        let kind = match holder {
            KeyHolder::User { user } => PrincipalKind::User { user, key: Some(id) },
            KeyHolder::Service => PrincipalKind::Service { key: id },
            KeyHolder::Operator => PrincipalKind::Operator { key: id },
        };
        Self { kind, scopes, ends_at: expires_at }
    }

    /// A user by the word of their identity provider: with everything that is a user's to do.
    pub(crate) fn of_token(user: UserId) -> Self {
        let kind = PrincipalKind::User { user, key: None };
        Self { kind, scopes: KeyScopes::OF_A_USER, ends_at: None }
    }

    /// A user who is signed in at a browser: with everything that is a user's to do.
    pub const fn of_signed_in_user(user: UserId) -> Self {
        let kind = PrincipalKind::User { user, key: None };
        Self { kind, scopes: KeyScopes::OF_A_USER, ends_at: None }
    }

    /// An operator who is signed in at a browser by an account with a key of its own: what the key may be used for, and
    /// as long as it is.
    pub const fn of_signed_in_operator(
        key: ApiKeyId,
        scopes: KeyScopes,
        ends_at: Option<DateTime<Utc>>,
    ) -> Self {
        Self { kind: PrincipalKind::Operator { key }, scopes, ends_at }
    }

    /// The key that they showed, where it was one.
    pub const fn key(&self) -> Option<ApiKeyId> {
        match self.kind {
            PrincipalKind::User { key, .. } => key,
            PrincipalKind::Service { key } | PrincipalKind::Operator { key } => Some(key),
        }
    }

    /// The most that a key may be that this caller makes: what they may do themselves, as long as they may.
    pub const fn limits(&self) -> KeyLimits {
        KeyLimits { scopes: self.scopes, ends_at: self.ends_at }
    }

    /// Who does it, for the audit trail, when something is done to a user's things.
    pub fn actor(&self, concerned: &UserId) -> Actor {
        match &self.kind {
            PrincipalKind::User { user, key } => Actor::User { user: user.clone(), key: *key },
            PrincipalKind::Service { key } => Actor::Service { key: *key, user: concerned.clone() },
            PrincipalKind::Operator { key } => Actor::Operator { key: *key },
        }
    }

    /// Who does it, for the audit trail, within a scope that a [`Claim`](crate::Claim) gave them. A service acts for one user, never for everybody.
    pub fn actor_within(&self, scope: &Scope) -> Result<Actor, Denial> {
        match (scope, &self.kind) {
            (Scope::User(user), _) => Ok(self.actor(user)),
            (Scope::Everyone, PrincipalKind::User { user, key }) => {
                Ok(Actor::User { user: user.clone(), key: *key })
            }
            (Scope::Everyone, PrincipalKind::Operator { key }) => Ok(Actor::Operator { key: *key }),
            (Scope::Everyone, PrincipalKind::Service { .. }) => Err(Denial::NobodyNamed),
        }
    }
}

/// The most that a new key may be: nobody passes on what they have not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyLimits {
    /// No other scopes than these.
    pub scopes: KeyScopes,
    /// No longer than this; `None` is as long as one likes.
    pub ends_at: Option<DateTime<Utc>>,
}

impl KeyLimits {
    /// Those of whoever sits at the server's machine: none.
    pub const NONE: Self = Self { scopes: KeyScopes::EVERY, ends_at: None };

    /// Whether a key with these scopes, that ends then, stays within them.
    pub fn allow(&self, scopes: KeyScopes, ends_at: Option<DateTime<Utc>>) -> bool {
        let in_time = match (self.ends_at, ends_at) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(limit), Some(end)) => end <= limit,
        };
        scopes.is_within(self.scopes) && in_time
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KeyScope;

    #[test]
    fn nobody_passes_on_what_they_have_not() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0);
        let read = KeyScopes::NONE.with(KeyScope::Read);
        let trade = read.with(KeyScope::Trade);
        let limits = KeyLimits { scopes: read, ends_at: at(100) };
        assert!(limits.allow(read, at(100)) && limits.allow(KeyScopes::NONE, at(1)));
        assert!(!limits.allow(trade, at(100)), "more scopes");
        assert!(!limits.allow(read, at(101)) && !limits.allow(read, None), "a longer life");
        assert!(KeyLimits::NONE.allow(KeyScopes::EVERY, None) && KeyLimits::NONE.allow(read, at(5)));
    }
}

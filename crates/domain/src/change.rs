//! The envelope of every state transition: the change with its idempotency key, its events and its audit lines.
//!
//! A store applies the whole envelope in one database transaction, so there is no fact without its event and its
//! audit line. Envelopes are immutable and can be applied again: the guards inside the store make that harmless.

use std::fmt;
use std::net::IpAddr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{ApiKeyId, EventId, IdError, UserId};

/// A state transition and everything that must become true together with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<T> {
    /// The transition.
    pub body: T,
    /// The idempotency key under which a client asked for it, where there is one.
    pub request: Option<RequestKey>,
    /// What other systems are told, in order.
    pub events: Vec<Event>,
    /// Who did what.
    pub audit: Vec<AuditEntry>,
}

impl<T> Change<T> {
    /// A bare change, without key, events or audit lines.
    pub const fn new(body: T) -> Self {
        Self { body, request: None, events: Vec::new(), audit: Vec::new() }
    }

    /// Adds the idempotency key.
    #[must_use]
    pub fn request(mut self, request: Option<RequestKey>) -> Self {
        self.request = request;
        self
    }

    /// Adds an event.
    #[must_use]
    pub fn event(mut self, event: Event) -> Self {
        self.events.push(event);
        self
    }

    /// Adds an audit line.
    #[must_use]
    pub fn audit(mut self, entry: AuditEntry) -> Self {
        self.audit.push(entry);
        self
    }
}

/// A fact for other systems, delivered after the transaction that made it true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Identity, for receivers that must not act twice.
    pub id: EventId,
    /// What happened, as `number.purchased`.
    pub kind: String,
    /// Whom it concerns.
    pub user: UserId,
    /// The id of the thing it happened to.
    pub subject: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Details, by kind.
    pub data: Value,
}

/// One line of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Who did it.
    pub actor: Actor,
    /// What they did, as `number.release`.
    pub action: String,
    /// The id of the thing they did it to.
    pub subject: String,
    /// Whose thing it is, where it is a user's.
    pub user: Option<UserId>,
    /// When.
    pub at: DateTime<Utc>,
    /// Why, where a reason is asked for.
    pub reason: Option<String>,
    /// What changed, by action.
    pub details: Value,
    /// The HTTP request that caused it.
    pub request_id: Option<String>,
    /// From where that request came.
    pub address: Option<IpAddr>,
}

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// A user, for themselves.
    User {
        /// Who.
        user: UserId,
        /// With which key, where they came with one.
        key: Option<ApiKeyId>,
    },
    /// A service, for a user it names.
    Service {
        /// The service's key.
        key: ApiKeyId,
        /// For whom.
        user: UserId,
    },
    /// An operator, over HTTP.
    Operator {
        /// The operator's key.
        key: ApiKeyId,
    },
    /// Somebody at the command line of the server's machine.
    CommandLine {
        /// The machine's user, as the environment of the command names them; lines of older releases have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        login: Option<String>,
    },
    /// Trunkline itself, in background work.
    System,
}

impl Actor {
    /// Of which kind, by the name that is stored.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::User { .. } => "user",
            Self::Service { .. } => "service",
            Self::Operator { .. } => "operator",
            Self::CommandLine { .. } => "command_line",
            Self::System => "system",
        }
    }
}

/// On whose behalf something is done: what a command carries into its audit lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Who asked.
    pub actor: Actor,
    /// With which HTTP request; empty where they asked otherwise.
    pub context: RequestContext,
}

/// What is known of an HTTP request beside who sent it and what it asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestContext {
    /// Its id: the one that it brought, or a fresh one.
    pub id: Option<String>,
    /// From where it came, as far as the proxies before the server are believed.
    pub address: Option<IpAddr>,
}

impl RequestContext {
    /// No request.
    pub const NONE: Self = Self { id: None, address: None };

    /// A request of which only its id is known.
    pub fn with_id(id: impl Into<String>) -> Self {
        Self { id: Some(id.into()), address: None }
    }
}

impl Origin {
    /// Trunkline's own background work.
    pub const fn system() -> Self {
        Self { actor: Actor::System, context: RequestContext::NONE }
    }

    /// Somebody at the server's command line, of whom nothing else is known.
    pub const fn command_line() -> Self {
        Self { actor: Actor::CommandLine { login: None }, context: RequestContext::NONE }
    }

    /// A user of the server's machine, at its command line.
    pub const fn command_line_of(login: String) -> Self {
        Self { actor: Actor::CommandLine { login: Some(login) }, context: RequestContext::NONE }
    }

    /// An audit line of this origin.
    pub fn audit(
        &self,
        action: &str,
        subject: impl fmt::Display,
        user: Option<&UserId>,
        at: DateTime<Utc>,
    ) -> AuditEntry {
        AuditEntry {
            actor: self.actor.clone(),
            action: action.to_owned(),
            subject: subject.to_string(),
            user: user.cloned(),
            at,
            reason: None,
            details: Value::Null,
            request_id: self.context.id.clone(),
            address: self.context.address,
        }
    }
}

/// What an idempotency key was used for; the same key may be used once for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestOperation {
    /// Buying a number.
    Purchase,
    /// Giving one back.
    Release,
    /// An operator's credit to a wallet.
    Credit,
    /// An operator's correction of a wallet.
    Adjustment,
    /// A customer's payment into a wallet.
    Checkout,
}

impl RequestOperation {
    /// The name in SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Purchase => "purchase",
            Self::Release => "release",
            Self::Credit => "credit",
            Self::Adjustment => "adjustment",
            Self::Checkout => "checkout",
        }
    }
}

/// A client's idempotency key, bound to who used it for what and to what exactly they asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// The acting user; for operators the user they act on.
    pub user: UserId,
    /// For what.
    pub operation: RequestOperation,
    /// The client's text: 1 to 255 visible ASCII characters.
    key: String,
    /// What was asked.
    pub fingerprint: Fingerprint,
}

impl RequestKey {
    /// The longest key, in characters.
    pub const MAX_CHARS: usize = 255;

    /// Binds a client's key. Refuses one that is empty, too long or has characters other than visible ASCII.
    pub fn new(
        user: UserId,
        operation: RequestOperation,
        key: &str,
        fingerprint: Fingerprint,
    ) -> Result<Self, IdError> {
        let visible = key.bytes().all(|b| b.is_ascii_graphic());
        if (1..=Self::MAX_CHARS).contains(&key.len()) && visible {
            Ok(Self { user, operation, key: key.to_owned(), fingerprint })
        } else {
            Err(IdError::IdempotencyKey)
        }
    }

    /// The client's text.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// A digest of a parsed command, to tell a repeat from a second command under the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(Uuid);

impl Fingerprint {
    /// The digest of a command's parts, in order. Parts are kept apart, so `["a", "bc"]` is not `["ab", "c"]`.
    pub fn of(parts: &[&str]) -> Self {
        let mut text = String::new();
        for part in parts {
            text.push_str(&part.len().to_string());
            text.push(':');
            text.push_str(part);
        }
        Self(Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes()))
    }

    /// A digest as it was stored.
    pub const fn from_uuid(id: Uuid) -> Self {
        Self(id)
    }

    /// The digest for storing.
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User { user, .. } => write!(f, "user {user}"),
            Self::Service { key, user } => write!(f, "service {key} for {user}"),
            Self::Operator { key } => write!(f, "operator {key}"),
            Self::CommandLine { login: None } => f.write_str("command line"),
            Self::CommandLine { login: Some(login) } => write!(f, "{login} at the command line"),
            Self::System => f.write_str("system"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_at_the_command_line_is_read_of_every_release() {
        let read = |text: &str| serde_json::from_str::<Actor>(text).unwrap();
        let (nobody, ann) = (Origin::command_line().actor, Origin::command_line_of("ann".to_owned()).actor);
        assert_eq!(read(r#"{"kind":"command_line"}"#), nobody);
        assert_eq!(serde_json::to_string(&nobody).unwrap(), r#"{"kind":"command_line"}"#);
        let line = serde_json::to_string(&ann).unwrap();
        assert_eq!((nobody.kind(), Origin::system().actor.kind()), ("command_line", "system"));
        assert_eq!((read(&line), line.as_str()), (ann.clone(), r#"{"kind":"command_line","login":"ann"}"#));
        assert_eq!(
            (nobody.to_string(), ann.to_string()),
            ("command line".into(), "ann at the command line".into())
        );
    }

    #[test]
    fn fingerprints_keep_parts_apart() {
        assert_eq!(Fingerprint::of(&["a", "bc"]), Fingerprint::of(&["a", "bc"]));
        assert_ne!(Fingerprint::of(&["a", "bc"]), Fingerprint::of(&["ab", "c"]));
    }

    #[test]
    fn keys_are_visible_ascii() {
        let user: UserId = "u".parse().unwrap();
        let key = |text: &str| {
            RequestKey::new(user.clone(), RequestOperation::Purchase, text, Fingerprint::of(&[]))
        };
        assert!(key("9f1c-77").is_ok());
        assert!(key("").is_err());
        assert!(key("a b").is_err());
        assert!(key(&"k".repeat(256)).is_err());
    }
}

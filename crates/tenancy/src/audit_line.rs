//! A line of the audit trail as somebody may see it.
//!
//! Whoever may operate sees the whole line. Everybody else sees what the view `trunkline_tenant.audit` shows to a user who
//! reads the database: that an operator, a service or Trunkline itself did it, but not which one and not with which key;
//! reasons and details of what a user or a service did, and of nothing else; and never what the provider said. A user's
//! own key is named, since they can list it, and the address that they came from. Beyond the view, a member of a business is
//! named to its owner, who has made them one; their key and address are not. *Invariant*: what is left out is decided here
//! alone, for every form in which lines leave the program.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use trunkline_domain::{Actor, ApiKeyId, AuditEntry, UserId};

use crate::authority::Claim;
use crate::{Action, AuditPlace, AuditRecord, Naming, Principal};

/// What of the details is the provider's word: which calls led to a step, and how many were left out.
const OF_THE_PROVIDER: [&str; 2] = ["calls", "callsLeftOut"];

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Whoever may see the steps behind things: everything.
    Operators,
    /// Whose things the lines are about, and whoever acts for them: what is theirs to know.
    Owners,
}

impl Audience {
    /// What a caller may see of a line. Whose lines they see is another question, which a [`Claim`] answers.
    pub fn of(principal: &Principal) -> Self {
        match Claim::of(principal, Action::Operate, Naming::default()) {
            Ok(_) => Self::Operators,
            Err(_) => Self::Owners,
        }
    }
}

/// A line, as far as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditLine {
    /// Its place in the order of writing, which is a cursor too.
    pub id: AuditPlace,
    /// When, by the clock of the server that did it.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub actor: ShownActor,
    /// What they did.
    pub action: String,
    /// The id of the thing they did it to.
    pub subject: String,
    /// Whose thing it is, where it is a user's.
    pub user_id: Option<UserId>,
    /// Why, where that is known and the reader's to know.
    pub reason: Option<String>,
    /// What changed, by action; `null` where nothing is known or the reader's to know.
    pub details: Value,
    /// The HTTP request that caused it.
    pub request_id: Option<String>,
    /// From where that request came, where it is the reader's to know.
    pub address: Option<IpAddr>,
}

/// Who did something, as far as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownActor {
    /// `user`, `service`, `operator`, `command_line` or `system`.
    pub kind: &'static str,
    /// Which user, or for which one a service acted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// With which key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<ApiKeyId>,
    /// Which user of the server's machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
}

impl AuditLine {
    /// A line for an audience.
    pub fn of(record: AuditRecord, audience: Audience) -> Self {
        match audience {
            Audience::Operators => Self::whole(record),
            Audience::Owners => Self::reduced(record),
        }
    }

    fn whole(record: AuditRecord) -> Self {
        let AuditRecord { place, entry } = record;
        let AuditEntry { actor, action, subject, user, at, reason, details, request_id, address } = entry;
        let actor = ShownActor::whole(actor);
        Self { id: place, at, actor, action, subject, user_id: user, reason, details, request_id, address }
    }

    fn reduced(mut record: AuditRecord) -> Self {
        let actor = ShownActor::reduced(&record.entry.actor, record.entry.user.as_ref());
        if !is_of_owner(&record.entry.actor, record.entry.user.as_ref()) {
            record.entry.address = None;
        }
        match &record.entry.actor {
            Actor::User { .. } | Actor::Service { .. } => {
                if let Value::Object(members) = &mut record.entry.details {
                    members.retain(|name, _| !OF_THE_PROVIDER.contains(&name.as_str()));
                }
            }
            Actor::Operator { .. } | Actor::CommandLine { .. } | Actor::System => {
                record.entry.reason = None;
                record.entry.details = Value::Null;
            }
        }
        Self { actor, ..Self::whole(record) }
    }
}

impl ShownActor {
    fn whole(actor: Actor) -> Self {
        let kind = actor.kind();
        let (user_id, key_id, login) = match actor {
            Actor::User { user, key } => (Some(user), key, None),
            Actor::Service { key, user } => (Some(user), Some(key), None),
            Actor::Operator { key } => (None, Some(key), None),
            Actor::CommandLine { login } => (None, None, login),
            Actor::System => (None, None, None),
        };
        Self { kind, user_id, key_id, login }
    }

    /// A user with their key where the thing is their own; whoever else is a user did it as a member of the owner's
    /// business, by themselves or through a service, and is named; everybody else by kind.
    fn reduced(actor: &Actor, owner: Option<&UserId>) -> Self {
        let member = match actor {
            Actor::User { .. } if is_of_owner(actor, owner) => return Self::whole(actor.clone()),
            Actor::User { user, .. } | Actor::Service { user, .. } => {
                owner.filter(|owner| *owner != user).map(|_| user.clone())
            }
            Actor::Operator { .. } | Actor::CommandLine { .. } | Actor::System => None,
        };
        Self { kind: actor.kind(), user_id: member, key_id: None, login: None }
    }
}

/// Whether somebody did it to what is their own.
fn is_of_owner(actor: &Actor, owner: Option<&UserId>) -> bool {
    matches!(actor, Actor::User { user, .. } if owner == Some(user))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use trunkline_domain::{Origin, RequestContext};

    use super::*;
    use crate::{KeyScope, KeyScopes, PrincipalKind};

    const KEY: ApiKeyId = ApiKeyId::from_uuid(uuid::Uuid::from_u128(7));

    fn user(name: &str) -> UserId {
        name.parse().unwrap()
    }

    fn record(actor: Actor) -> AuditRecord {
        let origin = Origin {
            actor,
            context: RequestContext { id: Some("req-1".to_owned()), address: Some([203, 0, 113, 9].into()) },
        };
        let mut entry = origin.audit("order.abort", "order-1", Some(&user("ann")), DateTime::UNIX_EPOCH);
        entry.reason = Some("case 118".to_owned());
        entry.details =
            json!({ "failure": "number_unavailable", "calls": [{ "says": "no" }], "callsLeftOut": 2 });
        AuditRecord { place: AuditPlace::from_i64(41), entry }
    }

    fn shown(actor: Actor, audience: Audience) -> Value {
        serde_json::to_value(AuditLine::of(record(actor), audience)).unwrap()
    }

    /// Every kind of actor, as an owner reads of them: the actor, the reason, the details.
    #[test]
    fn an_owner_reads_what_is_theirs_to_know() {
        let theirs = json!({ "failure": "number_unavailable" });
        let login = Some("root".to_owned());
        let cases = [
            (
                Actor::User { user: user("ann"), key: Some(KEY) },
                json!({ "kind": "user", "userId": "ann", "keyId": KEY }),
                json!("case 118"),
                theirs.clone(),
            ),
            (
                Actor::User { user: user("ben"), key: Some(KEY) },
                json!({ "kind": "user", "userId": "ben" }),
                json!("case 118"),
                theirs.clone(),
            ),
            (
                Actor::Service { key: KEY, user: user("ben") },
                json!({ "kind": "service", "userId": "ben" }),
                json!("case 118"),
                theirs.clone(),
            ),
            (
                Actor::Service { key: KEY, user: user("ann") },
                json!({ "kind": "service" }),
                json!("case 118"),
                theirs,
            ),
            (Actor::Operator { key: KEY }, json!({ "kind": "operator" }), Value::Null, Value::Null),
            (Actor::CommandLine { login }, json!({ "kind": "command_line" }), Value::Null, Value::Null),
            (Actor::System, json!({ "kind": "system" }), Value::Null, Value::Null),
        ];
        for (actor, expected, reason, details) in cases {
            // From where is told of what they did themselves.
            let address = if expected["userId"] == "ann" { json!("203.0.113.9") } else { Value::Null };
            let line = shown(actor, Audience::Owners);
            assert_eq!((&line["actor"], &line["reason"], &line["details"]), (&expected, &reason, &details));
            assert_eq!(line["address"], address, "{expected}");
            assert_eq!((&line["id"], &line["requestId"]), (&json!("41"), &json!("req-1")));
        }
    }

    #[test]
    fn an_operator_reads_the_whole_line() {
        let line = shown(Actor::Operator { key: KEY }, Audience::Operators);
        assert_eq!(line["actor"], json!({ "kind": "operator", "keyId": KEY }));
        assert_eq!(line["address"], "203.0.113.9");
        assert_eq!((&line["reason"], &line["details"]["callsLeftOut"]), (&json!("case 118"), &json!(2)));
        let line = shown(Actor::CommandLine { login: Some("root".to_owned()) }, Audience::Operators);
        assert_eq!(line["actor"], json!({ "kind": "command_line", "login": "root" }));
    }

    #[test]
    fn only_whoever_may_operate_sees_everything() {
        let operator = PrincipalKind::Operator { key: KEY };
        let every = KeyScopes::EVERY;
        for (kind, scopes, audience) in [
            (operator.clone(), every, Audience::Operators),
            (operator, every.without(KeyScope::Operate), Audience::Owners),
            (PrincipalKind::Service { key: KEY }, every, Audience::Owners),
            (PrincipalKind::User { user: user("ann"), key: None }, every, Audience::Owners),
        ] {
            assert_eq!(Audience::of(&Principal { kind, scopes, ends_at: None }), audience);
        }
    }
}

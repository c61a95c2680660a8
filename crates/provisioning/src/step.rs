//! The steps of an order, as the audit trail keeps them: what an operator reads before a decision.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use trunkline_domain::{Actor, AuditEntry};

use crate::ProviderCall;

/// One step of an order: a transition, and what the provider was asked on the way to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderStep {
    /// When the transition was made, by the clock of the server that made it.
    pub at: DateTime<Utc>,
    /// The transition, as the audit trail names it: `order.open`, `order.park`, `order.abort`, `order.refer`,
    /// `order.settle`, `order.late_success`, `order.adopt`, `order.restore_number`. A later release may have further ones.
    pub action: String,
    /// Who made it.
    pub actor: Actor,
    /// Why, where a person decided.
    pub reason: Option<String>,
    /// The HTTP request that caused it.
    pub request_id: Option<String>,
    /// What the provider was asked since the step before, in order.
    pub calls: Vec<ProviderCall>,
    /// What else is known of it, by action.
    pub details: Value,
}

impl From<AuditEntry> for OrderStep {
    /// Lines of releases that noted no calls have none; calls that this release cannot read stay among the details.
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { actor, action, at, reason, mut details, request_id, .. } = entry;
        let noted = details.get("calls").cloned().map(serde_json::from_value::<Vec<ProviderCall>>);
        let calls = match noted {
            Some(Ok(calls)) => {
                if let Value::Object(members) = &mut details {
                    members.remove("calls");
                }
                calls
            }
            Some(Err(_)) | None => Vec::new(),
        };
        Self { at, action, actor, reason, request_id, calls, details }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use trunkline_domain::Origin;

    use super::*;
    use crate::{CallAnswer, CallKind, sample};

    fn step(details: Value) -> OrderStep {
        let mut entry = Origin::system().audit("order.park", sample::order().id, None, sample::at(0));
        entry.details = details;
        entry.into()
    }

    #[test]
    fn calls_are_read_apart_from_the_details() {
        let look = json!({ "at": sample::at(0), "call": "look", "answer": "unavailable", "tookMs": 4 });
        let parked = step(json!({ "unanswered": 1, "calls": [look] }));
        assert_eq!(parked.details, json!({ "unanswered": 1 }));
        let call = &parked.calls[0];
        assert_eq!((call.call, call.answer, call.took_ms), (CallKind::Look, CallAnswer::Unavailable, 4));
    }

    #[test]
    fn nothing_is_lost_of_lines_that_say_something_else() {
        let older = json!({ "phoneNumber": "+14152300101" });
        assert_eq!(step(older.clone()).details, older);
        let later = json!({ "calls": [{ "call": "port" }] });
        let read = step(later.clone());
        assert_eq!((read.calls.len(), read.details), (0, later));
    }
}

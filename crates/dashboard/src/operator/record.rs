//! What operators read of the API, as far as pages show it.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use trunkline_domain::{Currency, JsonMoney};
use trunkline_tenancy::PrincipalKind;

use crate::visitor::Visit;

/// Who did something: what two shapes of the API say of them.
#[derive(Debug, Deserialize)]
pub(super) struct Actor {
    kind: String,
    #[serde(alias = "userId")]
    user: Option<String>,
    #[serde(alias = "keyId")]
    key: Option<String>,
    login: Option<String>,
}

impl Actor {
    /// In words for people, with what tells one from another.
    pub(super) fn name(&self, visit: &Visit) -> String {
        match (self.kind.as_str(), &self.user, &self.key, &self.login) {
            ("user", Some(user), ..) => user.clone(),
            ("service", Some(user), ..) => format!("A service, for {user}"),
            ("operator", _, Some(key), _) if is_own(visit, key) => "You".to_owned(),
            ("operator", _, Some(key), _) => format!("Operator with key {key}"),
            ("command_line", _, _, Some(login)) => format!("{login}, on the command line"),
            ("command_line", ..) => "The command line".to_owned(),
            ("system", ..) => "Trunkline itself".to_owned(),
            (kind, ..) => kind.to_owned(),
        }
    }
}

fn is_own(visit: &Visit, key: &str) -> bool {
    match &visit.visitor.principal.kind {
        PrincipalKind::Operator { key: own } => own.to_string() == key,
        PrincipalKind::User { .. } | PrincipalKind::Service { .. } => false,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sales {
    pub(super) open: bool,
    pub(super) stop: Option<Stop>,
    pub(super) pause: Option<Pause>,
    pub(super) purchases_today: u64,
    pub(super) purchases_per_day: Option<u64>,
    pub(super) floor: Option<JsonMoney>,
    pub(super) runway: Option<Runway>,
    pub(super) unreadable: Option<String>,
}

/// An operator has stopped sales.
#[derive(Deserialize)]
pub(super) struct Stop {
    pub(super) by: Actor,
    pub(super) reason: String,
    pub(super) since: DateTime<Utc>,
}

/// The money at the carrier does not suffice.
#[derive(Deserialize)]
pub(super) struct Pause {
    pub(super) since: DateTime<Utc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Runway {
    pub(super) balance: JsonMoney,
    pub(super) coming_fees: JsonMoney,
    pub(super) left: Option<JsonMoney>,
    pub(super) currency: Currency,
    pub(super) renewals: u64,
    pub(super) unpriced: u64,
}

/// What came of the switch.
#[derive(Deserialize)]
pub(super) struct Switched {
    pub(super) changed: bool,
}

#[derive(Deserialize)]
pub(super) struct Alarms {
    pub(super) alarms: Vec<RaisedAlarm>,
    pub(super) more: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RaisedAlarm {
    #[serde(rename = "alarm")]
    pub(super) name: String,
    pub(super) subject: String,
    pub(super) sentence: String,
    pub(super) details: Value,
    pub(super) raised_at: DateTime<Utc>,
    pub(super) last_raised_at: DateTime<Utc>,
    pub(super) times: u64,
    pub(super) end: Option<AlarmEnd>,
}

#[derive(Deserialize)]
pub(super) struct AlarmEnd {
    pub(super) at: DateTime<Utc>,
    pub(super) reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Approvals {
    pub(super) approvals: Vec<Approval>,
    pub(super) next_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Approval {
    pub(super) id: String,
    pub(super) status: String,
    pub(super) expires_at: DateTime<Utc>,
    pub(super) operation: String,
    pub(super) user_id: String,
    #[serde(rename = "type")]
    pub(super) direction: String,
    pub(super) amount: JsonMoney,
    pub(super) currency: Currency,
    pub(super) reason: String,
    pub(super) asked_by: Actor,
    pub(super) asked_at: DateTime<Utc>,
    pub(super) decided_by: Option<Actor>,
    pub(super) decision_reason: Option<String>,
    pub(super) decided_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Users {
    pub(super) users: Vec<User>,
    pub(super) next_cursor: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct OneUser {
    pub(super) user: User,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    pub(super) id: String,
    pub(super) email: Option<String>,
    pub(super) created_at: DateTime<Utc>,
}

#[derive(Deserialize)]
pub(super) struct Prices {
    pub(super) prices: Vec<Price>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Price {
    pub(super) country_code: String,
    pub(super) number_type: String,
    pub(super) monthly_cost: JsonMoney,
    pub(super) setup_cost: JsonMoney,
    pub(super) provider_cost: Option<JsonMoney>,
    pub(super) margin: Option<JsonMoney>,
    pub(super) currency: Currency,
    pub(super) bundle_sid: Option<String>,
    pub(super) address_sid: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Audit {
    pub(super) lines: Vec<Line>,
    pub(super) next_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
    pub(super) at: DateTime<Utc>,
    pub(super) actor: Actor,
    pub(super) action: String,
    pub(super) subject: String,
    pub(super) user_id: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) details: Value,
    pub(super) request_id: Option<String>,
    pub(super) address: Option<String>,
}

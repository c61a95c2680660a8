//! What happened to a number, out of the audit trail, in words.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use trunkline_domain::NumberId;

use crate::api::Api;
use crate::businesses::Businesses;
use crate::visitor::Visit;

/// How many lines are shown.
const LINES: u8 = 30;

/// One line: when, what, and by whom.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) when: String,
    pub(super) what: String,
    pub(super) who: String,
}

#[derive(Deserialize)]
struct Audit {
    lines: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    at: DateTime<Utc>,
    actor: Actor,
    action: String,
    details: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Actor {
    kind: String,
    user_id: Option<String>,
}

/// The newest lines about a number. Where the trail is not the visitor's to read, there are none.
pub(super) async fn of(
    api: &Api<'_>,
    visit: &Visit,
    number: NumberId,
    businesses: &Businesses,
) -> Vec<Event> {
    let query = [("subject", number.to_string()), ("limit", LINES.to_string())];
    let Ok(audit) = api.get::<Audit>("/api/audit", &query).await else { return Vec::new() };
    audit.lines.iter().filter_map(|line| event(visit, businesses, line)).collect()
}

fn event(visit: &Visit, businesses: &Businesses, line: &Line) -> Option<Event> {
    let what = match line.action.as_str() {
        "number.purchase" => "Bought".to_owned(),
        "number.record" => "Recorded".to_owned(),
        "number.update" => changes(businesses, &line.details)?,
        "number.release" => "Release asked for".to_owned(),
        "number.released" => "Released".to_owned(),
        "number.release_refused" => "The carrier refused to take it back".to_owned(),
        "number.refer" => "Handed to our team".to_owned(),
        "number.resume_release" => "Release tried again".to_owned(),
        "number.keep" => "Release given up".to_owned(),
        "number.adopt" | "number.restore" => "Taken into the books".to_owned(),
        "number.write_off" => "Taken out of the books: the carrier does not have it any more".to_owned(),
        "number.repoint" | "number.set_up_again" => "Set up again at the carrier".to_owned(),
        _ => return None,
    };
    Some(Event { when: visit.formats.moment(line.at), what, who: who(visit, &line.actor) })
}

fn who(visit: &Visit, actor: &Actor) -> String {
    match (actor.kind.as_str(), &actor.user_id) {
        ("user", Some(user)) if Some(user.as_str()) == visit.visitor.user() => "you".to_owned(),
        ("user" | "service", Some(user)) => user.clone(),
        ("user", None) => "its owner".to_owned(),
        ("service", None) => "an application".to_owned(),
        ("operator" | "command_line", _) => "our team".to_owned(),
        (_, _) => "the system".to_owned(),
    }
}

/// What a change changed, as a sentence; nothing where that is not told.
fn changes(businesses: &Businesses, details: &Value) -> Option<String> {
    let (before, after) = (details.get("before")?, details.get("after")?);
    let changed = |name: &str| (before[name] != after[name]).then(|| &after[name]);
    let mut said = Vec::new();
    if let Some(name) = changed("displayName").and_then(Value::as_str) {
        said.push(format!("renamed to “{name}”"));
    }
    if let Some(business) = changed("business") {
        let id = business.as_str().and_then(|id| id.parse().ok());
        said.push(match (business.is_null(), id.and_then(|id| businesses.name(id))) {
            (true, _) => "taken out of its business".to_owned(),
            (false, Some(name)) => format!("moved to {name}"),
            (false, None) => "moved to another business".to_owned(),
        });
    }
    let switched =
        [("isPrimary", "made primary", "primary no more"), ("isActive", "switched on", "switched off")];
    for (name, on, off) in switched {
        if let Some(is_on) = changed(name).and_then(Value::as_bool) {
            said.push(if is_on { on } else { off }.to_owned());
        }
    }
    if changed("notes").is_some() {
        said.push("notes changed".to_owned());
    }
    let mut letters = said.join(", ").chars().collect::<Vec<char>>();
    letters.first_mut()?.make_ascii_uppercase();
    Some(letters.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_says_what_it_changed() {
        let before = json!({"displayName": "Desk", "business": null, "isPrimary": false, "isActive": true});
        let after = json!({"displayName": "Front", "business": "x", "isPrimary": true, "isActive": true});
        let said = changes(&Businesses::default(), &json!({"before": before, "after": after}));
        assert_eq!(said.unwrap(), "Renamed to “Front”, moved to another business, made primary");
        assert_eq!(changes(&Businesses::default(), &json!({"before": before, "after": before})), None);
        assert_eq!(changes(&Businesses::default(), &Value::Null), None);
    }
}

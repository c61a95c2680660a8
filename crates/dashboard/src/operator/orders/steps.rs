//! The steps of an order in words, each after what Twilio was asked on the way to it.

use serde_json::Value;
use trunkline_domain::{Actor, FailureReason, ReviewReason};

use super::record::{Call, Step};
use super::words::{failure, review_in_short};
use crate::format::Formats;

/// One step.
pub(super) struct Told {
    pub(super) when: String,
    pub(super) what: String,
    /// Who made it, where that was not Trunkline by itself.
    pub(super) who: Option<String>,
    /// Why, where a person decided.
    pub(super) why: Option<String>,
    /// What Twilio was asked before it.
    pub(super) asked: Vec<Asked>,
    /// How many more calls there were than are kept.
    pub(super) left_out: u64,
}

/// One call.
pub(super) struct Asked {
    pub(super) when: String,
    pub(super) what: String,
}

pub(super) fn told(formats: &Formats, step: &Step, amount: &str) -> Told {
    Told {
        when: formats.instant(step.at),
        what: made(step, amount),
        who: match &step.actor {
            Actor::System => None,
            actor => Some(actor.to_string()),
        },
        why: step.reason.clone(),
        asked: step.calls.iter().map(|call| asked(formats, call)).collect(),
        left_out: step.details.get("callsLeftOut").and_then(Value::as_u64).unwrap_or_default(),
    }
}

fn made(step: &Step, amount: &str) -> String {
    let detail = |name: &str| step.details.get(name).and_then(Value::as_str).unwrap_or_default();
    let sid = detail("numberSid");
    match step.action.as_str() {
        "order.open" => format!("Opened: {amount} held"),
        "order.park" => parked(&step.details),
        "order.settle" => format!("Completed with {sid}: {amount} charged"),
        "order.abort" => {
            let why = step.details.get("failure").cloned().unwrap_or_default();
            let why = serde_json::from_value::<FailureReason>(why)
                .map_or_else(|_| "Failed.".to_owned(), |reason| format!("Failed: {}", failure(&reason)));
            format!("{why} {amount} free again")
        }
        "order.refer" => {
            let reason = serde_json::from_value::<ReviewReason>(Value::from(detail("reason")));
            let why = reason.map_or_else(|_| detail("reason").to_owned(), |r| review_in_short(r).to_owned());
            let which = if sid.is_empty() { String::new() } else { format!(" ({sid})") };
            format!("Handed to an operator: {why}{which}")
        }
        "order.adopt" => format!("{sid} adopted, and completed at once: {amount} charged"),
        "order.restore_number" => format!("The row of {sid} was gone and is put back: nothing charged"),
        "order.late_success" => format!("{sid} turned up after the end, and is released"),
        "orphan.release" => format!("{sid} is nobody's, and is released"),
        other => format!("{other} {}", step.details),
    }
}

fn parked(details: &Value) -> String {
    let count = |name: &str| details.get(name).and_then(Value::as_u64).unwrap_or_default();
    let mut text = format!("Not decided: next look in {} s", count("nextLookInS"));
    match (count("unanswered"), details.get("firstAbsentAt").is_some_and(Value::is_string)) {
        (0, false) => {}
        (0, true) => text.push_str(", the account did not have the number"),
        (1, _) => text.push_str(", one look without an answer"),
        (looks, _) => {
            text.push_str(", ");
            text.push_str(&looks.to_string());
            text.push_str(" looks in a row without an answer");
        }
    }
    text
}

fn asked(formats: &Formats, call: &Call) -> Asked {
    let what = match call.asked.as_str() {
        "look" => "Does the account have the number?",
        "buy" => "Sell it.",
        "fetch" => "What is the number under this id?",
        "search" => "What is on offer under this number?",
        "addresses" => "Which addresses do we have?",
        "bundles" => "Which regulatory bundles do we have?",
        other => other,
    };
    let means = match call.answer.as_str() {
        "absent" => "no",
        "ours" => "yes, under this order's name",
        "other" => "yes, under another name",
        "bought" => "sold",
        "owned_before" => "it had it before",
        "mismatch" => "something else than was ordered",
        "unlabelled" => "sold under another name",
        "found" => "answered",
        "not_found" => "there is none",
        "refused" => "refused",
        "unavailable" => "could not be asked",
        "unauthorized" => "credentials not accepted",
        "not_configured" => "no account is configured",
        "unknown" => "no answer that says anything",
        other => other,
    };
    let code = call.code.map(|code| format!(", error {code}")).unwrap_or_default();
    let says = call.says.as_deref().map(|says| format!(": “{says}”")).unwrap_or_default();
    let took = match call.took_ms {
        ms @ 0..10_000 => format!("{ms} ms"),
        ms => format!("{} s", ms / 1_000),
    };
    Asked {
        when: formats.instant(call.at),
        what: format!("Asked Twilio: {what} – {means}{code}{says} ({took})"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn step(action: &str, details: &Value) -> String {
        let step = json!({ "at": "2026-03-01T12:00:00Z", "action": action, "actor": { "kind": "system" }, "reason": null,
            "calls": [], "details": details });
        told(&Formats::of("en"), &serde_json::from_value(step).unwrap(), "1.50 USD").what
    }

    #[test]
    fn steps_are_told_in_words() {
        assert_eq!(step("order.open", &json!({})), "Opened: 1.50 USD held");
        let looks = json!({ "nextLookInS": 30, "unanswered": 2 });
        assert_eq!(
            step("order.park", &looks),
            "Not decided: next look in 30 s, 2 looks in a row without an answer"
        );
        let failed = json!({ "failure": { "reason": "never_arrived" } });
        assert!(step("order.abort", &failed).starts_with("Failed: The answer to the purchase was lost"));
        let referred = step("order.refer", &json!({ "reason": "strange_marker", "numberSid": "PN1" }));
        assert_eq!(referred, "Handed to an operator: held under another name (PN1)");
        assert_eq!(step("order.later", &json!({ "a": 1 })), "order.later {\"a\":1}");
    }

    #[test]
    fn calls_are_told_as_question_and_answer() {
        let call = json!({ "at": "2026-03-01T12:00:00Z", "call": "buy", "answer": "refused", "code": 21422, "says": "No.",
            "tookMs": 12_345 });
        let told = asked(&Formats::of("en"), &serde_json::from_value(call).unwrap()).what;
        assert_eq!(told, "Asked Twilio: Sell it. – refused, error 21422: “No.” (12 s)");
    }
}

//! An order in words: what is known of it, a line each, and its steps, each after the provider's answers on the way
//! to it. Whatever a provider or a customer wrote is made legible first.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde_json::Value;
use trunkline_domain::{Actor, Order};
use trunkline_provisioning::{OrderStep, ProviderCall};

use crate::command::legible;

/// Everything about one order, a line each.
pub(super) fn order(order: &Order) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &dyn std::fmt::Display| {
        let separator = if text.is_empty() { "" } else { "\n" };
        // Writing to a string does not fail.
        let _ = write!(text, "{separator}{name:<14}{}", legible(&value.to_string()));
    };
    line("order", &order.id);
    line("state", &order.state.as_str());
    if let Some(reason) = order.review {
        line("waits because", &reason.as_str());
    }
    if let Some(reason) = &order.failure {
        line("failed because", &serde_json::json!(reason));
    }
    line("number", &order.phone_number);
    line("name", &order.display_name);
    line("type", &format!("{} {}", order.country, order.number_type));
    line("user", &order.user);
    if let Some(business) = order.business {
        line("business", &business);
    }
    line("charge", &order.charge);
    line("money", &format!("{:?}", order.charged()).to_lowercase());
    line("account", &order.account);
    if let Some(sid) = &order.number_sid {
        line("number sid", sid);
    }
    if let Some(number) = order.number {
        line("number id", &number);
    }
    line("opened", &order.opened_at.to_rfc3339());
    line("changed", &order.updated_at.to_rfc3339());
    text
}

/// The steps, a line each, and a line for each call to the provider before the step that it led to.
pub(super) fn steps(order: &Order, steps: &[OrderStep]) -> Vec<String> {
    let mut lines = Vec::new();
    for step in steps {
        for call in &step.calls {
            lines.push(format!("  {}    {}", time(call.at), legible(&called(call))));
        }
        if let Some(left_out) = step.details.get("callsLeftOut").and_then(Value::as_u64) {
            lines.push(format!("  {:<23}    and {left_out} more calls between these", ""));
        }
        lines.push(format!("  {}  {}", time(step.at), legible(&made(order, step))));
    }
    lines
}

fn time(at: DateTime<Utc>) -> impl std::fmt::Display {
    at.format("%Y-%m-%d %H:%M:%S%.3f")
}

/// `buy: refused 21422 "…" (310 ms)`.
fn called(call: &ProviderCall) -> String {
    let code = call.code.map(|code| format!(" {code}")).unwrap_or_default();
    let says = call.says.as_deref().map(|says| format!(" \"{says}\"")).unwrap_or_default();
    let took = match call.took_ms {
        ms @ 0..10_000 => format!("{ms} ms"),
        ms => format!("{} s", ms / 1_000),
    };
    format!("{}: {}{code}{says} ({took})", call.call.as_str(), call.answer.phrase())
}

/// What the step made of the order, and who made it, where that was not Trunkline by itself.
fn made(order: &Order, step: &OrderStep) -> String {
    let detail = |name: &str| step.details.get(name).and_then(Value::as_str).unwrap_or_default();
    let sid = detail("numberSid");
    let mut text = match step.action.as_str() {
        "order.open" => format!("opened: {} held", order.charge),
        "order.park" => parked(step),
        "order.settle" => format!("completed with {sid}: {} charged", order.charge),
        "order.abort" => {
            let failure = step.details.get("failure").map(ToString::to_string).unwrap_or_default();
            format!("failed: {failure}; {} free again", order.charge)
        }
        "order.refer" if sid.is_empty() => format!("waits for an operator: {}", detail("reason")),
        "order.refer" => format!("waits for an operator: {} ({sid})", detail("reason")),
        "order.adopt" => format!("adopted {sid}, completed at once: {} charged", order.charge),
        "order.restore_number" => format!("the row of {sid} was gone, and is put back: nothing charged"),
        "order.late_success" => format!("{sid} turned up after the end; it is released"),
        "orphan.release" => format!("{sid} is nobody's, and is released"),
        other => format!("{other} {}", step.details),
    };
    match &step.actor {
        Actor::System => {}
        // Writing to a string does not fail.
        actor => drop(write!(text, ", by {actor}")),
    }
    if let Some(reason) = &step.reason {
        let _ = write!(text, ", because: {reason}");
    }
    text
}

fn parked(step: &OrderStep) -> String {
    let wait = step.details.get("nextLookInS").and_then(Value::as_u64).unwrap_or_default();
    let unanswered = step.details.get("unanswered").and_then(Value::as_u64).unwrap_or_default();
    let absent = step.details.get("firstAbsentAt").and_then(Value::as_str);
    let mut text = format!("parked: next look in {wait} s");
    match (unanswered, absent) {
        (0, None) => {}
        (0, Some(since)) => drop(write!(text, ", absent since {since}")),
        (1, _) => text.push_str(", 1 look without an answer"),
        (looks, _) => drop(write!(text, ", {looks} looks in a row without an answer")),
    }
    text
}

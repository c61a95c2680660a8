//! A report of a reconciliation as the API answers it.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use trunkline_domain::{Money, NumberId, OrderId, PhoneNumber};

use crate::operator::numbers::Difference;

/// Reports that are kept, newest first.
#[derive(Deserialize)]
pub(in crate::operator) struct Reports {
    pub(in crate::operator) reports: Vec<Report>,
}

/// One of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::operator) struct Report {
    pub(super) account: String,
    pub(super) begun_at: DateTime<Utc>,
    pub(super) ended_at: DateTime<Utc>,
    pub(super) complete: bool,
    pub(super) held: u64,
    pub(super) compared: u64,
    pub(super) skipped: u64,
    pub(super) on_other_accounts: u64,
    pub(super) costs_unknown: Vec<String>,
    pub(super) found: u64,
    pub(super) repairable: u64,
    pub(super) repairs: Counts,
    pub(super) held_back: Option<HeldBack>,
    pub(super) findings: Vec<Found>,
}

impl Report {
    /// Whether every number was compared: none was left for the next time, and none lives on an account that was not asked.
    pub(super) const fn is_about_all(&self) -> bool {
        self.skipped == 0 && self.on_other_accounts == 0
    }

    /// Findings that nothing has repaired.
    pub(in crate::operator) const fn remaining(&self) -> u64 {
        self.found.saturating_sub(self.repairs.done)
    }

    /// Repairs that are still to be made: those that were planned, less those that were done.
    pub(super) const fn to_repair(&self) -> u64 {
        self.repairable.saturating_sub(self.repairs.done)
    }
}

/// How many repairs came to what.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Counts {
    pub(super) done: u64,
    pub(super) skipped: u64,
    pub(super) failed: u64,
}

/// More would have been repaired than is usual.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HeldBack {
    pub(super) would_repair: u64,
    pub(super) limit: u64,
}

/// A finding, and what came of repairing it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Found {
    #[serde(flatten)]
    pub(super) finding: Finding,
    pub(super) repair: Option<Repair>,
}

/// What came of a repair.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(super) enum Repair {
    /// Done.
    Done,
    /// Not begun.
    Skipped {
        /// Why.
        why: String,
    },
    /// Begun, and not brought to its end.
    Failed {
        /// Why.
        why: String,
    },
}

/// A number as Twilio shows it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Held {
    pub(super) number_sid: String,
    pub(super) phone_number: PhoneNumber,
    pub(super) friendly_name: String,
}

/// A number as our row has it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Booked {
    pub(super) number_id: NumberId,
    pub(super) user: String,
    pub(super) phone_number: PhoneNumber,
    pub(super) number_sid: String,
}

/// The half that an order lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Missing {
    Charge,
    Number,
}

/// A disagreement.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "class", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub(super) enum Finding {
    Orphan { held: Held, order: OrderId },
    UnknownOrder { held: Held, order: OrderId },
    Foreign { held: Held, deployment: Option<String> },
    SecondNumber { held: Held, order: OrderId },
    Ghost { booked: Booked, moved_to: Option<String> },
    Drifted { booked: Booked, differences: Vec<Difference> },
    ReleasedButPresent { booked: Booked },
    Contradiction { order: OrderId, user: String, phone_number: PhoneNumber, missing: Missing },
    PriceUnderCost { booked: Booked, price: Money, cost: Money },
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Amounts of findings are digits in text, which are read exactly.
    #[test]
    fn findings_are_read_as_reports_have_them() {
        let booked = json!({ "numberId": "01890a5d-ac96-774b-bcce-b302099a8057", "user": "ann",
            "phoneNumber": "+14155550100", "numberSid": "PN1" });
        let found = json!({ "class": "price_under_cost", "booked": booked, "repair": { "outcome": "skipped", "why": "x" },
            "price": { "amount": "1.000001", "currency": "USD" }, "cost": { "amount": "2.00", "currency": "USD" } });
        let found: Found = serde_json::from_value(found).unwrap();
        let Finding::PriceUnderCost { price, booked, .. } = found.finding else { panic!("{found:?}") };
        assert_eq!((price.to_string().as_str(), booked.user.as_str()), ("1.000001 USD", "ann"));
        assert_eq!(found.repair, Some(Repair::Skipped { why: "x".to_owned() }));
        let found = json!({ "class": "contradiction", "order": "01890a5d-ac96-774b-bcce-b302099a8057", "user": "ann",
            "phoneNumber": "+14155550100", "missing": "number" });
        let found: Found = serde_json::from_value(found).unwrap();
        assert!(matches!(found.finding, Finding::Contradiction { missing: Missing::Number, .. }));
    }
}

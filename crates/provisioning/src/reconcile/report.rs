//! The report of a reconciliation, as it is shown and kept. One that an older release has kept is read as well.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use trunkline_domain::{AccountSid, Country};
use trunkline_provider::Listing;

use super::finding::Finding;

/// What one reconciliation compared, found and repaired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The account that was listed.
    pub account: AccountSid,
    /// When it began, by our clock.
    pub begun_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// Whether the provider's listing was complete. Where it was not, nothing is concluded about any number.
    pub complete: bool,
    /// Numbers that the provider listed.
    pub held: u64,
    /// Rows of ours on that account that were compared.
    pub compared: u64,
    /// Numbers and rows that were left for the next time: in flight, or younger than a quarter of an hour.
    pub skipped: u64,
    /// Live rows on other accounts, of which this one's listing says nothing.
    pub on_other_accounts: u64,
    /// Countries whose costs the provider did not say, so that no price there was compared.
    pub costs_unknown: Vec<Country>,
    /// How many findings there are.
    pub found: u64,
    /// How many of them a repair would touch.
    #[serde(default)]
    pub repairable: u64,
    /// What came of repairing.
    #[serde(default)]
    pub repairs: RepairCounts,
    /// Why nothing was repaired although it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_back: Option<HeldBack>,
    /// The findings, those that a repair touches first; of very many the first [`FINDINGS_KEPT`].
    pub findings: Vec<Found>,
}

/// How many findings a report has at most.
pub const FINDINGS_KEPT: usize = 1_000;

/// A finding, and what came of repairing it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// What was found.
    #[serde(flatten)]
    pub finding: Finding,
    /// What came of repairing it; nothing where that was not asked for, or never is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<Repair>,
}

impl From<Finding> for Found {
    fn from(finding: Finding) -> Self {
        Self { finding, repair: None }
    }
}

/// What came of a repair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Repair {
    /// Done.
    Done,
    /// Not begun: it is in doubt, or something has changed since it was found.
    Skipped {
        /// Why, for people.
        why: String,
    },
    /// Begun, and not brought to its end.
    Failed {
        /// Why, for people.
        why: String,
    },
}

impl Repair {
    pub(crate) fn skipped(why: impl Into<String>) -> Self {
        Self::Skipped { why: why.into() }
    }

    pub(crate) fn failed(why: impl Into<String>) -> Self {
        Self::Failed { why: why.into() }
    }

    /// A failure with its causes. Causes name no secrets and no customers.
    pub(crate) fn failed_by(what: &str, error: &dyn std::error::Error) -> Self {
        let mut why = format!("{what}: {error}");
        let mut source = error.source();
        while let Some(cause) = source {
            why.push_str(": ");
            why.push_str(&cause.to_string());
            source = cause.source();
        }
        Self::Failed { why }
    }
}

/// How many repairs came to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RepairCounts {
    /// Done.
    pub done: u64,
    /// Not begun.
    pub skipped: u64,
    /// Begun, and not brought to their end.
    pub failed: u64,
}

impl RepairCounts {
    pub(crate) const fn add(&mut self, repair: &Repair) {
        match repair {
            Repair::Done => self.done += 1,
            Repair::Skipped { .. } => self.skipped += 1,
            Repair::Failed { .. } => self.failed += 1,
        }
    }
}

/// More would have been repaired than is usual, or something else than was confirmed: nothing was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldBack {
    /// How many findings would have been repaired.
    pub would_repair: u64,
    /// How many are repaired without being confirmed.
    pub limit: u64,
}

impl Report {
    /// The report of a list with which nothing is compared yet.
    pub(super) fn of(listing: &Listing, begun_at: DateTime<Utc>) -> Self {
        Self {
            account: listing.account.clone(),
            begun_at,
            ended_at: begun_at,
            complete: listing.complete,
            held: count(listing.numbers.len()),
            compared: 0,
            skipped: 0,
            on_other_accounts: 0,
            costs_unknown: Vec::new(),
            found: 0,
            repairable: 0,
            repairs: RepairCounts::default(),
            held_back: None,
            findings: Vec::new(),
        }
    }

    /// Findings that stand after this: those that nothing has repaired.
    pub const fn remaining(&self) -> u64 {
        self.found.saturating_sub(self.repairs.done)
    }

    pub(super) fn add(&mut self, found: impl Into<Found>) {
        let found = found.into();
        self.found += 1;
        if let Some(repair) = &found.repair {
            self.repairs.add(repair);
        }
        if self.findings.len() < FINDINGS_KEPT {
            self.findings.push(found);
        }
    }

    /// Nobody has asked for repairs, so nothing is said of them.
    pub(super) fn forget_repairs(&mut self) {
        self.repairs = RepairCounts::default();
        for found in &mut self.findings {
            found.repair = None;
        }
    }

    /// Adds findings that a repair touches, in front of those that none does, which give way to them.
    pub(super) fn add_repaired(&mut self, repaired: Vec<Found>) {
        let others = std::mem::take(&mut self.findings);
        for found in repaired {
            self.add(found);
        }
        self.findings.extend(others);
        self.findings.truncate(FINDINGS_KEPT);
    }
}

/// A count for a report.
pub(crate) fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    /// As the release before kept it: no word of repairs, and findings alone.
    #[test]
    fn a_report_of_before_repairs_is_read() {
        let kept = serde_json::json!({
            "account": sample::account(), "begunAt": sample::at(0), "endedAt": sample::at(1), "complete": true,
            "held": 1, "compared": 0, "skipped": 0, "onOtherAccounts": 0, "costsUnknown": [], "found": 1,
            "findings": [{ "class": "foreign", "deployment": null, "held": {
                "numberSid": sample::provider_number().identity.number, "phoneNumber": "+14152300101",
                "friendlyName": "theirs" } }],
        });
        let report: Report = serde_json::from_value(kept).unwrap();
        assert_eq!((report.repairs, report.held_back), (RepairCounts::default(), None));
        assert_eq!((report.remaining(), report.findings[0].repair.clone()), (1, None));
        assert_eq!(report.findings[0].finding.class(), "foreign");
    }

    #[test]
    fn repairs_are_told_and_read_back() {
        for repair in [None, Some(Repair::Done), Some(Repair::skipped("why")), Some(Repair::failed("why"))] {
            let booked = crate::BookedNumber::of(&sample::number()).unwrap();
            let (price, cost) = (sample::price(), sample::price());
            let finding = Finding::PriceUnderCost { booked, price, cost };
            let found = Found { finding, repair };
            let text = serde_json::to_string(&found).unwrap();
            assert_eq!(serde_json::from_str::<Found>(&text).unwrap(), found, "{text}");
        }
    }
}

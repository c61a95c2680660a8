//! What a comparison of both books comes to.

use chrono::{DateTime, Utc};
use serde::Serialize;
use trunkline_domain::{Money, PaymentId, UserId};

use crate::{IntentId, Payment, PaymentReport, Progress, StoredTaking, Taking, TakingId, TakingStanding};

/// How many findings are kept of one comparison. The rest is counted, and found again.
const FINDINGS_NAMED: usize = 1_000;

/// What a comparison may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// Only says what it finds.
    Nothing,
    /// Credits what was paid, and takes back what was taken back. Never takes a credit away that was not paid: that is for
    /// an operator.
    Missing,
}

/// What the two books say differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PaymentFinding {
    /// Paid at the gateway, and not credited here.
    NotCredited {
        /// The payment.
        payment: PaymentId,
        /// Whose.
        user: UserId,
        /// What was paid.
        paid: Money,
        /// Whether it is credited now.
        repaired: bool,
    },
    /// Paid a second time at the gateway, under the mark of a payment that is credited. Nothing of it is in the wallet: an
    /// operator refunds it there.
    PaidTwice {
        /// The payment.
        payment: PaymentId,
        /// Whose.
        user: UserId,
        /// The intent that was paid beside the payment's own.
        intent: IntentId,
        /// How much of it was not taken back.
        paid: Money,
    },
    /// Taken back or given again at the gateway, and not here.
    NotTaken {
        /// The payment.
        payment: PaymentId,
        /// Whose.
        user: UserId,
        /// The refund or dispute.
        taking: TakingId,
        /// How much.
        amount: Money,
        /// Whether the books agree now.
        repaired: bool,
    },
    /// Credited here, and not paid at the gateway; or another amount.
    NotPaid {
        /// The payment.
        payment: PaymentId,
        /// Whose.
        user: UserId,
        /// What is credited.
        credited: Money,
        /// What was paid, if anything was.
        paid: Option<Money>,
    },
    /// The gateway did not say whether it was paid.
    Unanswered {
        /// The payment.
        payment: PaymentId,
    },
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentComparison {
    /// From when.
    pub from: DateTime<Utc>,
    /// Until when.
    pub to: DateTime<Utc>,
    /// How many payments of the gateway's were compared.
    pub reported: u64,
    /// How many credits were compared.
    pub credited: u64,
    /// What the books say differently; at most the first thousand.
    pub findings: Vec<PaymentFinding>,
    /// How many findings there are.
    pub finding_count: u64,
}

impl PaymentComparison {
    pub(crate) fn new(from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        Self { from, to, reported: 0, credited: 0, findings: Vec::new(), finding_count: 0 }
    }

    pub(crate) fn add(&mut self, finding: PaymentFinding) {
        self.finding_count += 1;
        if self.findings.len() < FINDINGS_NAMED {
            self.findings.push(finding);
        }
    }

    /// Whether the books agree, after what was repaired.
    pub fn agrees(&self) -> bool {
        self.finding_count == u64::try_from(self.findings.len()).unwrap_or(u64::MAX)
            && self.findings.iter().all(|finding| match finding {
                PaymentFinding::NotCredited { repaired, .. } | PaymentFinding::NotTaken { repaired, .. } => {
                    *repaired
                }
                PaymentFinding::PaidTwice { .. }
                | PaymentFinding::NotPaid { .. }
                | PaymentFinding::Unanswered { .. } => false,
            })
    }
}

/// What was taken back, or given again, at the gateway and not here.
pub(crate) fn missing_takings<'a>(report: &'a PaymentReport, known: &[StoredTaking]) -> Vec<&'a Taking> {
    let is_missing = |taking: &&Taking| {
        let known = known.iter().find(|known| known.id == taking.id);
        known.is_none_or(|known| taking.standing == TakingStanding::Returned && known.returned_at.is_none())
    };
    report.takings.iter().filter(is_missing).collect()
}

/// Whether a payment as it is stored is what the gateway says of it.
pub fn agrees(payment: &Payment, takings: &[StoredTaking], report: &PaymentReport) -> bool {
    match report.progress {
        Progress::Paid { amount } => {
            payment.paid == Some(amount) && missing_takings(report, takings).is_empty()
        }
        Progress::Open | Progress::Processing | Progress::Failed | Progress::Expired => {
            payment.paid.is_none()
        }
    }
}

//! Disputes: a payer told the bank that the payment was not right. An inquiry asks only; a dispute takes the money
//! first.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{model::Transaction, table::Row};

/// How long there is to answer.
const ANSWER_WITHIN_S: i64 = 9 * 24 * 3600;

/// A dispute.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Dispute {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) charge: String,
    pub(crate) intent: String,
    pub(crate) reason: String,
    pub(crate) status: DisputeStatus,
    /// The money that went, and that came back.
    pub(crate) transactions: Vec<Transaction>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DisputeStatus {
    /// An inquiry: no money has moved.
    WarningNeedsResponse,
    WarningClosed,
    NeedsResponse,
    Won,
    Lost,
}

impl DisputeStatus {
    /// Whether somebody still has to decide.
    pub(crate) const fn is_open(self) -> bool {
        match self {
            Self::WarningNeedsResponse | Self::NeedsResponse => true,
            Self::WarningClosed | Self::Won | Self::Lost => false,
        }
    }

    pub(crate) const fn is_inquiry(self) -> bool {
        match self {
            Self::WarningNeedsResponse | Self::WarningClosed => true,
            Self::NeedsResponse | Self::Won | Self::Lost => false,
        }
    }
}

impl Dispute {
    pub(crate) fn view(&self) -> Value {
        let transactions: Vec<Value> = self.transactions.iter().map(Transaction::view).collect();
        json!({
            "id": self.id,
            "object": "dispute",
            "amount": self.amount,
            "balance_transactions": transactions,
            "charge": self.charge,
            "created": self.created,
            "currency": self.currency,
            "enhanced_eligibility_types": [],
            "evidence": {},
            "evidence_details": {
                "due_by": self.created.saturating_add(ANSWER_WITHIN_S),
                "enhanced_eligibility": {},
                "has_evidence": false,
                "past_due": false,
                "submission_count": 0,
            },
            "is_charge_refundable": self.status.is_inquiry(),
            "livemode": false,
            "metadata": {},
            "payment_intent": self.intent,
            "payment_method_details": {
                "card": { "brand": "visa", "case_type": if self.status.is_inquiry() { "inquiry" } else { "chargeback" },
                    "network_reason_code": "83" },
                "type": "card",
            },
            "reason": self.reason,
            "status": self.status,
        })
    }
}

impl Row for Dispute {
    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }
}

//! Charges: attempts to take money. One that succeeded is what refunds and disputes are about.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    form::Metadata,
    model::{Decline, MethodKind, billing_details},
    table::Row,
};

/// A charge.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Charge {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) customer: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) intent: String,
    pub(crate) method: String,
    pub(crate) method_kind: MethodKind,
    pub(crate) last4: String,
    pub(crate) status: ChargeStatus,
    /// Given back or on its way back; what failed to be refunded is no part of it.
    pub(crate) refunded: i64,
    pub(crate) disputed: bool,
    pub(crate) transaction: Option<String>,
    pub(crate) failure: Option<Decline>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChargeStatus {
    Pending,
    Succeeded,
    Failed,
}

impl Charge {
    /// What can still be refunded.
    pub(crate) const fn refundable(&self) -> i64 {
        self.amount.saturating_sub(self.refunded)
    }

    pub(crate) fn view(&self) -> Value {
        let paid = self.status == ChargeStatus::Succeeded;
        let outcome = match self.status {
            ChargeStatus::Failed => json!({
                "network_status": "declined_by_network", "reason": self.failure.as_ref().map(|f| &f.reason),
                "risk_level": "normal", "seller_message": "The bank did not accept the payment.",
                "type": "issuer_declined",
            }),
            ChargeStatus::Succeeded | ChargeStatus::Pending => json!({
                "network_status": "approved_by_network", "reason": null, "risk_level": "normal",
                "seller_message": "Payment complete.", "type": "authorized",
            }),
        };
        let mut view = json!({
            "id": self.id,
            "object": "charge",
            "amount": self.amount,
            "amount_captured": if paid { self.amount } else { 0 },
            "amount_refunded": self.refunded,
            "balance_transaction": self.transaction,
            "billing_details": billing_details(self.email.as_deref()),
            "captured": paid,
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "description": self.description,
            "disputed": self.disputed,
            "failure_code": self.failure.as_ref().map(|failure| &failure.code),
            "failure_message": self.failure.as_ref().map(|failure| &failure.message),
            "fraud_details": {},
            "livemode": false,
            "metadata": self.metadata,
            "outcome": outcome,
            "paid": paid,
            "payment_intent": self.intent,
            "payment_method": self.method,
            "payment_method_details": self.method_kind.details(&self.last4),
            "refunded": paid && self.refundable() == 0,
            "status": self.status,
        });
        for absent in [
            "application",
            "application_fee",
            "application_fee_amount",
            "calculated_statement_descriptor",
            "failure_balance_transaction",
            "on_behalf_of",
            "receipt_email",
            "receipt_number",
            "receipt_url",
            "review",
            "shipping",
            "source",
            "source_transfer",
            "statement_descriptor",
            "statement_descriptor_suffix",
            "transfer_data",
            "transfer_group",
        ] {
            view[absent] = Value::Null;
        }
        view
    }
}

impl Row for Charge {
    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }
}

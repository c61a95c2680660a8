//! Payment intents: one payment, through all attempts at it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    form::Metadata,
    model::{Decline, Settlement},
    table::Row,
};

/// A payment intent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PaymentIntent {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) customer: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) status: IntentStatus,
    pub(crate) payment_method: Option<String>,
    pub(crate) payment_method_types: Vec<String>,
    pub(crate) setup_future_usage: Option<String>,
    pub(crate) latest_charge: Option<String>,
    pub(crate) last_error: Option<Decline>,
    pub(crate) canceled_at: Option<i64>,
    /// The session that it was made by.
    pub(crate) session: Option<String>,
    /// How and when a payment in progress ends by itself.
    pub(crate) settlement: Option<Settlement>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IntentStatus {
    RequiresPaymentMethod,
    RequiresConfirmation,
    Processing,
    Succeeded,
    Canceled,
}

impl PaymentIntent {
    pub(crate) fn view(&self) -> Value {
        let received = if self.status == IntentStatus::Succeeded { self.amount } else { 0 };
        let last_error = self.last_error.as_ref().map(|error| error.view(self.latest_charge.as_deref()));
        let mut view = json!({
            "id": self.id,
            "object": "payment_intent",
            "amount": self.amount,
            "amount_capturable": 0,
            "amount_details": { "tip": {} },
            "amount_received": received,
            "automatic_payment_methods": null,
            "canceled_at": self.canceled_at,
            "cancellation_reason": self.canceled_at.map(|_| "expired"),
            "capture_method": "automatic_async",
            "client_secret": format!("{}_secret_simulated", self.id),
            "confirmation_method": "automatic",
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "description": self.description,
            "last_payment_error": last_error,
            "latest_charge": self.latest_charge,
            "livemode": false,
            "metadata": self.metadata,
            "payment_method": self.payment_method,
            "payment_method_options": {},
            "payment_method_types": self.payment_method_types,
            "setup_future_usage": self.setup_future_usage,
            "status": self.status,
        });
        for absent in [
            "application",
            "application_fee_amount",
            "next_action",
            "on_behalf_of",
            "payment_method_configuration_details",
            "processing",
            "receipt_email",
            "review",
            "shipping",
            "source",
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

impl Row for PaymentIntent {
    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }
}

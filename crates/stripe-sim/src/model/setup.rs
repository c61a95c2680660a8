//! Setup intents: a payment method saved for later, without a payment.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{form::Metadata, table::Row};

/// A setup intent. It succeeds when a payment method is saved by it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SetupIntent {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) customer: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) payment_method: Option<String>,
    pub(crate) payment_method_types: Vec<String>,
    pub(crate) is_canceled: bool,
}

impl SetupIntent {
    const fn status(&self) -> &'static str {
        if self.is_canceled {
            "canceled"
        } else if self.payment_method.is_some() {
            "succeeded"
        } else {
            "requires_payment_method"
        }
    }

    pub(crate) fn view(&self) -> Value {
        json!({
            "id": self.id,
            "object": "setup_intent",
            "application": null,
            "automatic_payment_methods": null,
            "cancellation_reason": null,
            "client_secret": format!("{}_secret_simulated", self.id),
            "created": self.created,
            "customer": self.customer,
            "description": self.description,
            "flow_directions": null,
            "last_setup_error": null,
            "latest_attempt": null,
            "livemode": false,
            "mandate": null,
            "metadata": self.metadata,
            "next_action": null,
            "on_behalf_of": null,
            "payment_method": self.payment_method,
            "payment_method_configuration_details": null,
            "payment_method_options": {},
            "payment_method_types": self.payment_method_types,
            "single_use_mandate": null,
            "status": self.status(),
            "usage": "off_session",
        })
    }
}

impl Row for SetupIntent {
    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }
}

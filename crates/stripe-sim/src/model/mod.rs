//! The objects that the simulator keeps, each with its view: the JSON that Stripe would answer.
//!
//! What Stripe has and the simulator has no use for is in the view with the value that Stripe gives it by default.

mod charge;
mod customer;
mod dispute;
mod event;
mod intent;
mod refund;
mod session;
mod setup;
mod transaction;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use self::customer::Behaviour;
pub(crate) use self::{
    charge::{Charge, ChargeStatus},
    customer::{Customer, Method, MethodKind},
    dispute::{Dispute, DisputeStatus},
    event::{Attempt, Event, Fate},
    intent::{IntentStatus, PaymentIntent},
    refund::{Refund, RefundStatus},
    session::{LineItem, Mode, PaymentStatus, Session, SessionStatus},
    setup::SetupIntent,
    transaction::{Balances, Transaction},
};

/// Why a bank said no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Decline {
    pub(crate) code: String,
    /// Stripe's decline code.
    pub(crate) reason: String,
    pub(crate) message: String,
}

impl Decline {
    /// What Stripe says of a decline code.
    pub(crate) fn of(decline_code: &str) -> Self {
        let (code, message) = match decline_code {
            "insufficient_funds" => ("card_declined", "Your card has insufficient funds."),
            "expired_card" => ("expired_card", "Your card has expired."),
            "authentication_required" => (
                "authentication_required",
                "Your card was declined. This transaction requires authentication.",
            ),
            "payment_failed" => ("payment_method_failed", "The payment failed."),
            _ => ("card_declined", "Your card was declined."),
        };
        Self { code: code.to_owned(), reason: decline_code.to_owned(), message: message.to_owned() }
    }

    /// The same as the error inside a payment intent.
    pub(crate) fn view(&self, charge: Option<&str>) -> Value {
        json!({
            "charge": charge,
            "code": self.code,
            "decline_code": self.reason,
            "doc_url": format!("https://stripe.com/docs/error-codes/{}", self.code.replace('_', "-")),
            "message": self.message,
            "type": "card_error",
        })
    }
}

/// How a payment that takes days ends, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settlement {
    pub(crate) at: i64,
    pub(crate) outcome: Outcome,
}

/// How something that was pending ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// The money came.
    Succeed,
    /// It did not.
    Fail,
}

/// Somebody's address as Stripe shows it, empty but for the e-mail.
pub(crate) fn billing_details(email: Option<&str>) -> Value {
    json!({
        "address": {
            "city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null,
        },
        "email": email,
        "name": null,
        "phone": null,
        "tax_id": null,
    })
}

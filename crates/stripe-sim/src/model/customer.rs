//! Customers, and the payment methods that they saved.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{form::Metadata, model::billing_details, table::Row};

/// A customer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) email: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
}

impl Customer {
    pub(crate) fn view(&self) -> Value {
        json!({
            "id": self.id,
            "object": "customer",
            "address": null,
            "balance": 0,
            "created": self.created,
            "currency": null,
            "default_source": null,
            "delinquent": false,
            "description": self.description,
            "discount": null,
            "email": self.email,
            "invoice_prefix": null,
            "invoice_settings": {
                "custom_fields": null, "default_payment_method": null, "footer": null, "rendering_options": null,
            },
            "livemode": false,
            "metadata": self.metadata,
            "name": self.name,
            "phone": null,
            "preferred_locales": [],
            "shipping": null,
            "tax_exempt": "none",
            "test_clock": null,
        })
    }
}

/// A way to pay.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Method {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) kind: MethodKind,
    pub(crate) customer: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) behaviour: Behaviour,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MethodKind {
    Card,
    /// A debit of a bank account, which takes days.
    UsBankAccount,
}

/// What happens when somebody charges a saved payment method without its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Behaviour {
    /// The payment succeeds at once.
    Accept,
    /// The bank declines it, with `generic_decline`.
    Decline,
    /// The bank declines it, with `insufficient_funds`.
    InsufficientFunds,
    /// The bank wants its customer to confirm, who is not there.
    AuthenticationRequired,
    /// The payment is in progress until the simulator's admin settles it.
    Processing,
}

impl Behaviour {
    /// The end of the card's number, one of those of Stripe's test cards.
    pub(crate) const fn last4(self) -> &'static str {
        match self {
            Self::Accept => "4242",
            Self::Decline => "0341",
            Self::InsufficientFunds => "9995",
            Self::AuthenticationRequired => "3184",
            Self::Processing => "6789",
        }
    }

    pub(crate) const fn kind(self) -> MethodKind {
        match self {
            Self::Processing => MethodKind::UsBankAccount,
            Self::Accept | Self::Decline | Self::InsufficientFunds | Self::AuthenticationRequired => {
                MethodKind::Card
            }
        }
    }

    /// The code with which the bank declines, if it does.
    pub(crate) const fn decline_code(self) -> Option<&'static str> {
        match self {
            Self::Accept | Self::Processing => None,
            Self::Decline => Some("generic_decline"),
            Self::InsufficientFunds => Some("insufficient_funds"),
            Self::AuthenticationRequired => Some("authentication_required"),
        }
    }
}

impl MethodKind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::UsBankAccount => "us_bank_account",
        }
    }

    /// What it is, with nothing of it but the end of its number.
    fn particulars(self, last4: &str) -> Value {
        match self {
            Self::Card => json!({
                "brand": "visa", "country": "US", "exp_month": 12, "exp_year": 2034,
                "fingerprint": format!("simulated{last4}"), "funding": "credit", "last4": last4,
            }),
            Self::UsBankAccount => json!({
                "account_holder_type": "individual", "account_type": "checking", "bank_name": "SIMULATED BANK",
                "fingerprint": format!("simulated{last4}"), "last4": last4, "routing_number": "110000000",
            }),
        }
    }

    /// The same inside a charge.
    pub(crate) fn details(self, last4: &str) -> Value {
        json!({ "type": self.name(), (self.name()): self.particulars(last4) })
    }
}

impl Method {
    pub(crate) fn last4(&self) -> String {
        self.behaviour.last4().to_owned()
    }

    pub(crate) fn view(&self) -> Value {
        json!({
            "id": self.id,
            "object": "payment_method",
            "allow_redisplay": "limited",
            "billing_details": billing_details(self.email.as_deref()),
            "created": self.created,
            "customer": self.customer,
            "livemode": false,
            "metadata": {},
            "type": self.kind.name(),
            (self.kind.name()): self.kind.particulars(self.behaviour.last4()),
        })
    }
}

impl Row for Customer {
    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }
}

impl Row for Method {
    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }
}

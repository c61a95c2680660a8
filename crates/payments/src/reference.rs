//! The gateway's ids: opaque text of its own, told apart by type.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Text that is no id of the gateway.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an id of the payment gateway")]
pub struct ReferenceError(String);

macro_rules! gateway_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// As the gateway writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = ReferenceError;

            fn from_str(text: &str) -> Result<Self, ReferenceError> {
                read(text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = ReferenceError;

            fn try_from(text: String) -> Result<Self, ReferenceError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

gateway_id!(
    /// A Checkout Session (`cs_…`): one page on which a customer pays.
    SessionId
);
gateway_id!(
    /// A `PaymentIntent` (`pi_…`): one payment, however often it is tried.
    IntentId
);
gateway_id!(
    /// A Customer (`cus_…`) to whom saved payment methods belong.
    CustomerId
);
gateway_id!(
    /// A saved payment method (`pm_…`).
    MethodId
);
gateway_id!(
    /// A refund (`re_…`) or dispute (`dp_…`, `du_…`): what took money back.
    TakingId
);

/// The longest id that is believed; Stripe promises 255 characters at most ("Object IDs").
const MAX_CHARS: usize = 255;

/// Ids go into paths and queries, so only characters that mean nothing there are taken.
fn read(text: &str) -> Result<String, ReferenceError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if (1..=MAX_CHARS).contains(&text.len()) && text.chars().all(is_plain) {
        return Ok(text.to_owned());
    }
    Err(ReferenceError(text.chars().take(40).collect()))
}

/// How a payment is named at the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PaymentRef {
    /// By the session in which a customer pays.
    Session(SessionId),
    /// By the intent itself: a payment without a page, or what a refund or dispute names.
    Intent(IntentId),
}

impl fmt::Display for PaymentRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(id) => id.fmt(f),
            Self::Intent(id) => id.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_ids_are_taken() {
        for text in ["cs_test_a1B2", "pi_3N", "x"] {
            assert_eq!(text.parse::<SessionId>().unwrap().as_str(), text);
        }
        let long = "a".repeat(256);
        for text in ["", "../customers", "cs_1/expire", "pi_1?expand", "pi_ä", " pi_1", &long] {
            assert!(text.parse::<SessionId>().is_err(), "{text}");
        }
    }
}

//! A payment: one attempt to put a customer's money into their wallet, and the states it goes through.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use trunkline_domain::{Money, PaymentId, UserId};
use url::Url;

use crate::{IntentId, PaymentRef, SessionId};

/// A payment as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Identity; the transfer that credits it has the same id.
    pub id: PaymentId,
    /// Whose wallet it is for.
    pub user: UserId,
    /// How it is paid.
    pub kind: PaymentKind,
    /// How much is asked for.
    pub asked: Money,
    /// Where it stands.
    pub state: PaymentState,
    /// The gateway's session, once there is one.
    pub session: Option<SessionId>,
    /// Where the customer pays, once there is such a page.
    pub page: Option<Url>,
    /// Until when they can.
    pub page_expires_at: Option<DateTime<Utc>>,
    /// The gateway's intent, once there is one.
    pub intent: Option<IntentId>,
    /// What was paid, exactly when it is completed.
    pub paid: Option<Money>,
    /// Why the last attempt was declined, in the gateway's word, or why it came to nothing.
    pub decline: Option<String>,
    /// A sentence for the customer.
    pub description: String,
    /// When it began.
    pub opened_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl Payment {
    /// How the gateway knows it; `None` before it has heard of it.
    pub fn reference(&self) -> Option<PaymentRef> {
        let session = self.session.clone().map(PaymentRef::Session);
        session.or_else(|| self.intent.clone().map(PaymentRef::Intent))
    }
}

/// How a payment is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentKind {
    /// By the customer, on a page of the gateway.
    Checkout,
    /// From a saved payment method, because the balance was low.
    TopUp,
}

impl PaymentKind {
    /// The name in SQL and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Checkout => "checkout",
            Self::TopUp => "top_up",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Checkout, Self::TopUp].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Where a payment stands. Later ones come before earlier ones, so news in any order leads to the same state: *yes beats
/// no*, and what was paid after it had failed or expired is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// Written down; the gateway has perhaps not heard of it.
    Opening,
    /// The customer can pay.
    Open,
    /// The customer has done their part, and the money is on its way.
    Processing,
    /// Nobody paid in time.
    Expired,
    /// It came to nothing.
    Failed,
    /// Paid, and credited.
    Completed,
}

impl PaymentState {
    /// All states, in their order.
    pub const ALL: [Self; 6] =
        [Self::Opening, Self::Open, Self::Processing, Self::Expired, Self::Failed, Self::Completed];

    /// The name in SQL and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Open => "open",
            Self::Processing => "processing",
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Completed => "completed",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether nothing more is expected of it.
    pub const fn is_ended(self) -> bool {
        match self {
            Self::Opening | Self::Open | Self::Processing => false,
            Self::Expired | Self::Failed | Self::Completed => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for state in PaymentState::ALL {
            assert_eq!(PaymentState::from_name(state.as_str()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str(), "one name in SQL and JSON");
        }
        for kind in [PaymentKind::Checkout, PaymentKind::TopUp] {
            assert_eq!(PaymentKind::from_name(kind.as_str()), Some(kind));
        }
        assert_eq!((PaymentState::from_name("paid"), PaymentKind::from_name("")), (None, None));
    }

    #[test]
    fn states_are_in_the_order_in_which_they_come_first() {
        assert!(PaymentState::ALL.is_sorted());
        assert!(PaymentState::ALL.into_iter().skip(3).all(PaymentState::is_ended));
    }
}

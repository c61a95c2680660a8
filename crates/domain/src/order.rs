//! The order: one attempt to buy a number, and the state machine that says what may become of it.
//!
//! ```text
//! ordering ──settle──▶ completed        unresolved ──settle──▶ completed      review ──settle──▶ completed
//!    ├──────abort───▶ failed               ├────────abort───▶ failed             └────abort───▶ failed
//!    ├──────park────▶ unresolved           ├────────park────▶ unresolved
//!    └──────refer───▶ review               └────────refer───▶ review
//! ```
//!
//! `completed` and `failed` are the ends. Money is held in every state but the ends. The order of a number that an
//! operator adopts is made `completed`: its money is held and taken in one transaction. That of a number that was brought
//! here from another system is made `completed`, too, and takes no money.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    AccountSid, BundleGap, BusinessId, Country, DisplayName, Money, NumberId, NumberSid, NumberType, OrderId,
    PhoneNumber, TransferId, UserId, WalletId,
};

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Opened; the number is being bought now.
    Ordering,
    /// The provider may or may not have acted; recovery is finding out.
    Unresolved,
    /// No machine can decide it; an operator has to.
    Review,
    /// Bought and charged.
    Completed,
    /// Not bought, not charged.
    Failed,
}

/// What can happen to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderEvent {
    /// The number is ours, with evidence.
    Settle,
    /// The number is certainly not ours.
    Abort,
    /// Not known yet; look again later.
    Park,
    /// Hand it to an operator.
    Refer,
}

/// An event that does not belong to the state an order is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an order that is {state:?} cannot {event:?}")]
pub struct OrderTransitionError {
    /// Where the order stands.
    pub state: OrderState,
    /// What was asked of it.
    pub event: OrderEvent,
}

impl OrderState {
    /// All states.
    pub const ALL: [Self; 5] =
        [Self::Ordering, Self::Unresolved, Self::Review, Self::Completed, Self::Failed];

    /// The state after an event.
    pub const fn after(self, event: OrderEvent) -> Result<Self, OrderTransitionError> {
        match (self, event) {
            (Self::Ordering | Self::Unresolved | Self::Review, OrderEvent::Settle) => Ok(Self::Completed),
            (Self::Ordering | Self::Unresolved | Self::Review, OrderEvent::Abort) => Ok(Self::Failed),
            (Self::Ordering | Self::Unresolved, OrderEvent::Park) => Ok(Self::Unresolved),
            (Self::Ordering | Self::Unresolved, OrderEvent::Refer) => Ok(Self::Review),
            (Self::Review, OrderEvent::Park | OrderEvent::Refer)
            | (
                Self::Completed | Self::Failed,
                OrderEvent::Settle | OrderEvent::Abort | OrderEvent::Park | OrderEvent::Refer,
            ) => Err(OrderTransitionError { state: self, event }),
        }
    }

    /// Whether nothing more can happen to the order.
    pub const fn is_end(self) -> bool {
        match self {
            Self::Completed | Self::Failed => true,
            Self::Ordering | Self::Unresolved | Self::Review => false,
        }
    }

    /// Where the customer's money is.
    pub const fn charged(self) -> ChargeState {
        match self {
            Self::Ordering | Self::Unresolved | Self::Review => ChargeState::Held,
            Self::Completed => ChargeState::Yes,
            Self::Failed => ChargeState::No,
        }
    }

    /// The name in records, SQL and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ordering => "ordering",
            Self::Unresolved => "unresolved",
            Self::Review => "review",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// Whether money moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeState {
    /// Nothing was taken, or all of it was given back.
    No,
    /// Reserved until the order is decided.
    Held,
    /// Taken.
    Yes,
}

/// Why an order failed: the customer's answer and the operator's first hint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum FailureReason {
    /// The provider no longer has the number, or somebody else took it.
    NumberUnavailable,
    /// The operator's provider account already holds the number, bought by somebody else or for something else.
    HeldAtProvider,
    /// The provider wants an address of the operator's for this country and type.
    AddressRequired,
    /// The provider wants an approved regulatory bundle for this country and type.
    BundleRequired {
        /// Why what the operator has does not serve, where the provider could tell.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gap: Option<BundleGap>,
    },
    /// The number is not of the type it was ordered as.
    WrongType,
    /// The provider refused for a reason of the operator's: credentials, account, limits.
    ProviderRejected {
        /// The provider's error code, where it gave one.
        code: Option<u32>,
    },
    /// The provider could not be asked; nothing was sent.
    ProviderUnavailable,
    /// The purchase was sent, its answer was lost, and the provider was then seen to hold nothing for the order. The
    /// number itself cools down.
    NeverArrived,
    /// No provider is configured.
    ProviderNotConfigured,
    /// An operator decided that the number was not bought.
    VoidedByOperator,
}

impl FailureReason {
    /// Whether the same request may succeed later, so that its idempotency key must not be spent on this answer.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::ProviderUnavailable
            | Self::NeverArrived
            | Self::ProviderNotConfigured
            | Self::VoidedByOperator => true,
            Self::NumberUnavailable
            | Self::HeldAtProvider
            | Self::AddressRequired
            | Self::BundleRequired { .. }
            | Self::WrongType
            | Self::ProviderRejected { .. } => false,
        }
    }
}

/// Why an order or a number waits for an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewReason {
    /// The account holds the number under a marker that is not this order's, after we may have bought it.
    StrangeMarker,
    /// The provider answered a purchase with a number that the account owned before.
    OwnedBefore,
    /// The provider's answer names another number, account or type than was asked.
    AnswerMismatch,
    /// The provider account in use is not the one the order or the number belongs to.
    AccountChanged,
    /// The number was bought, and storing it failed for a reason that repeating does not mend.
    SettlementConflict,
    /// Attempts are spent.
    AttemptsSpent,
    /// The operator has moved the number to another account of theirs.
    TransferredAway,
    /// An operator has stopped every release, as after a restore: what was to be given back then may be kept by now.
    Stopped,
}

impl ReviewReason {
    /// All reasons.
    pub const ALL: [Self; 8] = [
        Self::StrangeMarker,
        Self::OwnedBefore,
        Self::AnswerMismatch,
        Self::AccountChanged,
        Self::SettlementConflict,
        Self::AttemptsSpent,
        Self::TransferredAway,
        Self::Stopped,
    ];

    /// The name in records and SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StrangeMarker => "strange_marker",
            Self::OwnedBefore => "owned_before",
            Self::AnswerMismatch => "answer_mismatch",
            Self::AccountChanged => "account_changed",
            Self::SettlementConflict => "settlement_conflict",
            Self::AttemptsSpent => "attempts_spent",
            Self::TransferredAway => "transferred_away",
            Self::Stopped => "stopped",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

/// One attempt to buy a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Identity; also in the marker at the provider.
    pub id: OrderId,
    /// Who pays.
    pub user: UserId,
    /// What the number will be assigned to.
    pub business: Option<BusinessId>,
    /// What is being bought.
    pub phone_number: PhoneNumber,
    /// The customer's name for it, whole.
    pub display_name: DisplayName,
    /// Country of the number.
    pub country: Country,
    /// Type it is bought as.
    pub number_type: NumberType,
    /// Set-up price and first month: what is held and then taken. Zero exactly for the order of a number that was
    /// brought here from another system, where it was paid for; that order is made `completed`.
    pub charge: Money,
    /// The price of each month.
    pub monthly_cost: Money,
    /// The provider account it is bought in.
    pub account: AccountSid,
    /// The wallet that pays.
    pub wallet: WalletId,
    /// The hold that the order owns. An order whose charge is zero never had one: there is no such transfer then.
    pub hold: TransferId,
    /// Where the order stands.
    pub state: OrderState,
    /// Why it failed; set exactly in `failed`.
    pub failure: Option<FailureReason>,
    /// Why it waits; set exactly in `review`.
    pub review: Option<ReviewReason>,
    /// A number id at the provider that is known to belong to this order: set when completed, and by a late success.
    pub number_sid: Option<NumberSid>,
    /// The number row; set exactly in `completed`.
    pub number: Option<NumberId>,
    /// When it was opened, by the store's clock.
    pub opened_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl Order {
    /// What has become of the money. The order of a number that was brought here from another system charges nothing.
    pub const fn charged(&self) -> ChargeState {
        if self.charge.is_positive() { self.state.charged() } else { ChargeState::No }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [OrderEvent; 4] =
        [OrderEvent::Settle, OrderEvent::Abort, OrderEvent::Park, OrderEvent::Refer];

    #[test]
    fn ends_stay_ends_and_every_other_state_can_reach_both() {
        for state in OrderState::ALL {
            for event in EVENTS {
                assert!(!(state.is_end() && state.after(event).is_ok()), "{state:?} {event:?}");
            }
            if !state.is_end() {
                assert_eq!(state.after(OrderEvent::Settle), Ok(OrderState::Completed));
                assert_eq!(state.after(OrderEvent::Abort), Ok(OrderState::Failed));
            }
        }
    }

    #[test]
    fn an_order_under_review_is_left_to_the_operator() {
        assert!(OrderState::Review.after(OrderEvent::Park).is_err());
    }

    #[test]
    fn names_round_trip() {
        for state in OrderState::ALL {
            assert_eq!(OrderState::from_name(state.as_str()), Some(state));
        }
        for reason in ReviewReason::ALL {
            assert_eq!(ReviewReason::from_name(reason.as_str()), Some(reason));
        }
    }

    #[test]
    fn money_is_held_exactly_while_undecided() {
        for state in OrderState::ALL {
            assert_eq!(state.charged() == ChargeState::Held, !state.is_end());
        }
    }
}

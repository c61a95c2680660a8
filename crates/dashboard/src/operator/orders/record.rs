//! An order as the API answers it to operators, as far as pages show it.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use trunkline_domain::{
    Actor, BusinessId, ChargeState, Currency, FailureReason, JsonMoney, Money, NumberId, OrderId, OrderState,
    PhoneNumber, ReviewReason,
};

/// An order.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::operator) struct Order {
    pub(super) id: OrderId,
    pub(super) status: OrderState,
    pub(super) phone_number: PhoneNumber,
    pub(super) display_name: String,
    pub(super) country_code: String,
    pub(super) number_type: String,
    pub(in crate::operator) user_id: String,
    pub(super) business_id: Option<BusinessId>,
    amount: JsonMoney,
    currency: Currency,
    pub(super) charged: ChargeState,
    pub(super) failure: Option<FailureReason>,
    pub(super) review: Option<ReviewReason>,
    pub(super) account_sid: String,
    pub(super) number_sid: Option<String>,
    pub(super) number_id: Option<NumberId>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
}

impl Order {
    /// What it costs, if it can be reckoned.
    pub(super) fn amount(&self) -> Option<Money> {
        Money::new(self.amount.0, self.currency).ok()
    }

    /// Whether an operator may decide it now; one that is being bought at this moment decides itself.
    pub(super) const fn is_to_decide(&self) -> bool {
        match self.status {
            OrderState::Unresolved | OrderState::Review => true,
            OrderState::Ordering | OrderState::Completed | OrderState::Failed => false,
        }
    }
}

/// A page of them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Orders {
    pub(super) orders: Vec<Order>,
    pub(super) next_cursor: Option<OrderId>,
}

/// One with its steps, oldest first.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Story {
    pub(super) order: Order,
    pub(super) steps: Vec<Step>,
    pub(super) steps_begin_earlier: bool,
}

/// One, where its steps do not matter.
#[derive(Deserialize)]
pub(in crate::operator) struct OneOrder {
    pub(in crate::operator) order: Order,
}

/// A step of an order.
#[derive(Deserialize)]
pub(super) struct Step {
    pub(super) at: DateTime<Utc>,
    pub(super) action: String,
    pub(super) actor: Actor,
    pub(super) reason: Option<String>,
    pub(super) calls: Vec<Call>,
    pub(super) details: Value,
}

/// What Twilio was asked on the way to a step, and what the answer means.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Call {
    pub(super) at: DateTime<Utc>,
    #[serde(rename = "call")]
    pub(super) asked: String,
    pub(super) answer: String,
    pub(super) code: Option<u32>,
    pub(super) says: Option<String>,
    pub(super) took_ms: u64,
}

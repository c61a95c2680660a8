//! Orders: one attempt to buy a number each.

use chrono::{DateTime, Utc};
use serde::Serialize;
use trunkline_domain::{ChargeState, Currency, JsonMoney, NumberId, Order, OrderId, OrderState, PhoneNumber};
use trunkline_provisioning::port::OrderPage;

use super::Success;
use crate::problem::{ErrorCode, order_failure_sentence};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OrderRecord {
    id: OrderId,
    status: &'static str,
    phone_number: PhoneNumber,
    amount: JsonMoney,
    currency: Currency,
    charged: ChargeState,
    code: Option<&'static str>,
    error: Option<String>,
    number_id: Option<NumberId>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Order> for OrderRecord {
    fn from(order: Order) -> Self {
        let failure = order.failure.as_ref().map(|reason| order_failure_sentence(reason, &order));
        let charged = order.charged();
        let (code, error) = failure.map(|(code, sentence)| (code.as_str(), sentence)).unzip();
        Self {
            id: order.id,
            status: order.state.as_str(),
            phone_number: order.phone_number,
            amount: order.charge.into(),
            currency: order.charge.currency(),
            charged,
            code,
            error,
            number_id: order.number,
            created_at: order.opened_at,
            updated_at: order.updated_at,
        }
    }
}

/// One order.
#[derive(Debug, Serialize)]
pub(crate) struct OrderAnswer {
    success: Success,
    order: OrderRecord,
}

impl From<Order> for OrderAnswer {
    fn from(order: Order) -> Self {
        Self { success: Success, order: order.into() }
    }
}

/// A page of orders.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderListAnswer {
    success: Success,
    orders: Vec<OrderRecord>,
    next_cursor: Option<OrderId>,
}

impl From<OrderPage> for OrderListAnswer {
    fn from(page: OrderPage) -> Self {
        let orders = page.orders.into_iter().map(OrderRecord::from).collect();
        Self { success: Success, orders, next_cursor: page.next }
    }
}

/// A purchase that is not decided yet: the one 2xx answer without `success: true`.
#[derive(Debug, Serialize)]
pub(crate) struct PendingAnswer {
    success: bool,
    code: &'static str,
    error: &'static str,
    charged: ChargeState,
    /// Always `null`: there is no number yet.
    number: Option<NumberId>,
    order: PendingOrder,
}

#[derive(Debug, Serialize)]
struct PendingOrder {
    id: OrderId,
    status: &'static str,
}

impl PendingAnswer {
    pub(crate) const fn of(id: OrderId, state: OrderState) -> Self {
        Self {
            success: false,
            code: ErrorCode::OrderPending.as_str(),
            error: "We are still waiting for the carrier. Nothing to do: the number appears or the money returns.",
            charged: ChargeState::Held,
            number: None,
            order: PendingOrder { id, status: state.as_str() },
        }
    }
}

//! Orders: one attempt to buy a number each.

use chrono::{DateTime, Utc};
use serde::Serialize;
use trunkline_domain::{ChargeState, Currency, JsonMoney, NumberId, Order, OrderId, OrderState, PhoneNumber};
use trunkline_provisioning::port::OrderPage;
use utoipa::ToSchema;

use super::Success;
use crate::description::words;
use crate::problem::{ErrorCode, order_failure_sentence};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Order)]
struct OrderRecord {
    #[schema(value_type = words::Id)]
    id: OrderId,
    #[schema(value_type = words::OrderStatus)]
    status: &'static str,
    #[schema(value_type = words::E164)]
    phone_number: PhoneNumber,
    #[schema(value_type = words::Amount)]
    amount: JsonMoney,
    #[schema(value_type = words::Currency)]
    currency: Currency,
    #[schema(value_type = words::Charged)]
    charged: ChargeState,
    #[schema(value_type = Option<words::ErrorCode>, required)]
    code: Option<&'static str>,
    #[schema(required)]
    error: Option<String>,
    #[schema(value_type = Option<words::Id>, required)]
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
#[derive(Debug, Serialize, ToSchema)]
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
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderListAnswer {
    success: Success,
    orders: Vec<OrderRecord>,
    #[schema(value_type = Option<words::Id>, required)]
    next_cursor: Option<OrderId>,
}

impl From<OrderPage> for OrderListAnswer {
    fn from(page: OrderPage) -> Self {
        let orders = page.orders.into_iter().map(OrderRecord::from).collect();
        Self { success: Success, orders, next_cursor: page.next }
    }
}

/// A purchase that is not decided yet: the one 2xx answer without `success: true`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PendingAnswer {
    #[schema(value_type = words::False)]
    success: bool,
    #[schema(value_type = words::ErrorCode)]
    code: &'static str,
    error: &'static str,
    #[schema(value_type = words::Charged)]
    charged: ChargeState,
    /// Always `null`: there is no number yet.
    #[schema(value_type = words::Nothing)]
    number: Option<NumberId>,
    order: PendingOrder,
}

#[derive(Debug, Serialize, ToSchema)]
struct PendingOrder {
    #[schema(value_type = words::Id)]
    id: OrderId,
    #[schema(value_type = words::OrderStatus)]
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

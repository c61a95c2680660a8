//! Orders with all that is known of them, and their steps.

use chrono::{DateTime, Utc};
use serde::Serialize;
use trunkline_domain::{
    AccountSid, BusinessId, ChargeState, Country, Currency, FailureReason, JsonMoney, NumberId, NumberSid,
    Order, OrderId, OrderState, PhoneNumber, ReviewReason, UserId,
};
use trunkline_provisioning::OrderStep;
use trunkline_provisioning::port::OrderPage;

use crate::answer::{Success, number_type_name};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OrderRecord {
    id: OrderId,
    status: OrderState,
    phone_number: PhoneNumber,
    display_name: String,
    country_code: Country,
    number_type: &'static str,
    user_id: UserId,
    business_id: Option<BusinessId>,
    amount: JsonMoney,
    currency: Currency,
    charged: ChargeState,
    failure: Option<FailureReason>,
    review: Option<ReviewReason>,
    account_sid: AccountSid,
    number_sid: Option<NumberSid>,
    number_id: Option<NumberId>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Order> for OrderRecord {
    fn from(order: Order) -> Self {
        let charged = order.charged();
        Self {
            id: order.id,
            status: order.state,
            phone_number: order.phone_number,
            display_name: order.display_name.to_string(),
            country_code: order.country,
            number_type: number_type_name(order.number_type.into()),
            user_id: order.user,
            business_id: order.business,
            amount: order.charge.into(),
            currency: order.charge.currency(),
            charged,
            failure: order.failure,
            review: order.review,
            account_sid: order.account,
            number_sid: order.number_sid,
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

/// One order with its steps, oldest first.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StepsAnswer {
    success: Success,
    order: OrderRecord,
    steps: Vec<OrderStep>,
    /// Whether there are steps before the first that is shown.
    steps_begin_earlier: bool,
}

impl StepsAnswer {
    pub(crate) fn new(order: Order, steps: Vec<OrderStep>, steps_begin_earlier: bool) -> Self {
        Self { success: Success, order: order.into(), steps, steps_begin_earlier }
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

//! Orders with all that is known of them, and their steps.

use chrono::{DateTime, Utc};
use serde::Serialize;
use trunkline_domain::{
    AccountSid, BusinessId, ChargeState, Country, Currency, FailureReason, JsonMoney, NumberId, NumberSid,
    Order, OrderId, OrderState, PhoneNumber, ReviewReason, UserId,
};
use trunkline_provisioning::OrderStep;
use trunkline_provisioning::port::OrderPage;
use utoipa::ToSchema;

use crate::answer::{Success, number_type_name};
use crate::description::{things, words};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OperatorOrder)]
struct OrderRecord {
    #[schema(value_type = words::Id)]
    id: OrderId,
    #[schema(value_type = words::OrderStatus)]
    status: OrderState,
    #[schema(value_type = words::E164)]
    phone_number: PhoneNumber,
    display_name: String,
    #[schema(value_type = words::Country)]
    country_code: Country,
    #[schema(value_type = words::NumberType)]
    number_type: &'static str,
    #[schema(value_type = words::UserId)]
    user_id: UserId,
    #[schema(value_type = Option<words::Id>, required)]
    business_id: Option<BusinessId>,
    #[schema(value_type = words::Amount)]
    amount: JsonMoney,
    #[schema(value_type = words::Currency)]
    currency: Currency,
    #[schema(value_type = words::Charged)]
    charged: ChargeState,
    #[schema(value_type = Option<things::Failure>, required)]
    failure: Option<FailureReason>,
    #[schema(value_type = Option<words::Review>, required)]
    review: Option<ReviewReason>,
    #[schema(value_type = words::AccountSid)]
    account_sid: AccountSid,
    #[schema(value_type = Option<words::NumberSid>, required)]
    number_sid: Option<NumberSid>,
    #[schema(value_type = Option<words::Id>, required)]
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
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OperatorOrderAnswer)]
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
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StepsAnswer {
    success: Success,
    order: OrderRecord,
    #[schema(value_type = Vec<things::OrderStep>)]
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
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OperatorOrderListAnswer)]
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

//! Orders for programs. Amounts are decimal digits in text, so that no reader makes floats of them.

use serde_json::{Value, json};
use trunkline_domain::Order;
use trunkline_provisioning::OrderStep;
use trunkline_provisioning::port::OrderPage;

/// A page of orders.
pub(super) fn orders(page: &OrderPage) -> String {
    let orders: Vec<Value> = page.orders.iter().map(order).collect();
    json!({ "orders": orders, "more": page.next.is_some() }).to_string()
}

/// One order with its steps, oldest first.
pub(super) fn order_with_steps(of: &Order, steps: &[OrderStep], begin_earlier: bool) -> String {
    json!({ "order": order(of), "steps": steps, "stepsBeginEarlier": begin_earlier }).to_string()
}

fn order(order: &Order) -> Value {
    json!({
        "id": order.id,
        "status": order.state,
        "phoneNumber": order.phone_number,
        "displayName": order.display_name,
        "countryCode": order.country,
        "numberType": order.number_type,
        "userId": order.user,
        "businessId": order.business,
        "amount": order.charge.amount().to_string(),
        "currency": order.charge.currency().code(),
        "charged": order.charged(),
        "failure": order.failure,
        "review": order.review,
        "accountSid": order.account,
        "numberSid": order.number_sid,
        "numberId": order.number,
        "createdAt": order.opened_at,
        "updatedAt": order.updated_at,
    })
}

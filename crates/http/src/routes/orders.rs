//! Orders, for reading.

use axum::Json;
use axum::extract::State;
use trunkline_domain::{BusinessId, OrderId, OrderState};
use trunkline_provisioning::port::OrderFilter;
use trunkline_tenancy::Action;

use super::{Api, Page, place_of_order, reach_listing, scope_within};
use crate::HttpSettings;
use crate::access::Caller;
use crate::answer::{OrderAnswer, OrderListAnswer};
use crate::description::refusals::{OfOrder, OfReading};
use crate::description::{asked, words};
use crate::extract::{Fields, Input, PathId, Query};
use crate::problem::{ErrorCode, Problem};

/// Which orders.
#[derive(Debug)]
pub(crate) struct OrderQuery {
    page: Page<OrderId>,
    business: Option<BusinessId>,
    state: Option<OrderState>,
}

impl Input for OrderQuery {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        let state = fields.read("status", |name| {
            OrderState::from_name(name).ok_or("is one of ordering, unresolved, review, completed, failed")
        });
        Some(Self { page: Page::read(fields), business: fields.optional("businessId"), state })
    }
}

/// List orders
#[utoipa::path(
    get,
    path = "/api/orders",
    operation_id = "listOrders",
    tag = "numbers",
    params(asked::ForUser, asked::Page, asked::OrderQuery),
    responses(
        (status = 200, description = "A page of orders, newest first.", body = OrderListAnswer),
        OfReading,
    ),
)]
pub(crate) async fn list(
    State(api): Api,
    caller: Caller,
    Query(query): Query<OrderQuery>,
) -> Result<Json<OrderListAnswer>, Problem> {
    let OrderQuery { page, business, state } = query;
    let scope = scope_within(&reach_listing(&api, &caller, page.user.as_ref(), business).await?);
    let states = state.into_iter().collect();
    let filter = OrderFilter { scope, business, states, after: page.after, limit: page.limit };
    Ok(Json(api.provisioning.orders(&filter).await?.into()))
}

/// Show an order
#[utoipa::path(
    get,
    path = "/api/orders/{id}",
    operation_id = "showOrder",
    tag = "numbers",
    params(asked::ForUser, ("id" = words::Id, Path, description = "The order.")),
    responses(
        (status = 200, description = "The order.", body = OrderAnswer),
        OfOrder,
    ),
)]
pub(crate) async fn show(
    State(api): Api,
    caller: Caller,
    PathId(id): PathId<OrderId>,
) -> Result<Json<OrderAnswer>, Problem> {
    let absent = || Problem::absent(ErrorCode::OrderNotFound);
    let reach = caller.reach_of(&api.tenancy, Action::Read, None, place_of_order(&api, id)).await?;
    let order = api.provisioning.order(&scope_within(&reach.ok_or_else(absent)?), id).await?;
    Ok(Json(order.ok_or_else(absent)?.into()))
}

//! Orders, for reading.

use axum::Json;
use axum::extract::State;
use trunkline_domain::{OrderId, OrderState};
use trunkline_provisioning::port::OrderFilter;
use trunkline_tenancy::Action;

use super::{Api, Page, scope_of};
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
    state: Option<OrderState>,
}

impl Input for OrderQuery {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        let state = fields.read("status", |name| {
            OrderState::from_name(name).ok_or("is one of ordering, unresolved, review, completed, failed")
        });
        Some(Self { page: Page::read(fields), state })
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
    let OrderQuery { page, state } = query;
    let scope = caller.scope(&api.tenancy, Action::Read, page.user.as_ref()).await?;
    let states = state.into_iter().collect();
    let filter = OrderFilter { scope: scope_of(scope), states, after: page.after, limit: page.limit };
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
    let scope = caller.scope(&api.tenancy, Action::Read, None).await?;
    let order = api.provisioning.order(&scope_of(scope), id).await?;
    let order = order.ok_or_else(|| Problem::absent(ErrorCode::OrderNotFound))?;
    Ok(Json(order.into()))
}

//! Orders as an operator sees and decides them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use trunkline_domain::{NumberSid, Order, OrderId, OrderState, Origin, Reason};
use trunkline_provisioning::OrderStep;
use trunkline_provisioning::port::OrderFilter;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::operator;
use crate::access::Caller;
use crate::answer::operator::{OrderAnswer, OrderListAnswer, StepsAnswer};
use crate::description::refusals::{OfOrder, OfOrderDecision, OfReading};
use crate::description::{asked, words};
use crate::extract::{Fields, Input, JsonBody, PathId, Query};
use crate::problem::{ErrorCode, Problem};
use crate::routes::{Api, Page};
use crate::{ApiState, HttpSettings};

/// How many steps of an order are shown: the latest ones.
const STEPS_MAX: usize = 200;

pub(super) fn routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(settle))
        .routes(routes!(void))
}

/// Which orders.
#[derive(Debug)]
pub(crate) struct OperatorOrderQuery {
    page: Page<OrderId>,
    states: Vec<OrderState>,
}

impl Input for OperatorOrderQuery {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        let state = fields.read("state", |name| {
            OrderState::from_name(name).ok_or("is one of ordering, unresolved, review, completed, failed")
        });
        let stuck = fields.flag("stuck").unwrap_or_default();
        if stuck && state.is_some() {
            fields.note("stuck", "says already in which states; send either stuck or state");
        }
        let undecided = OrderState::ALL.into_iter().filter(|state| !state.is_end());
        let states = if stuck { undecided.collect() } else { state.into_iter().collect() };
        Some(Self { page: Page::read(fields), states })
    }
}

/// That an order bought this number.
#[derive(Debug)]
pub(crate) struct Settlement {
    number_sid: NumberSid,
    reason: Reason,
}

impl Input for Settlement {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        let number_sid = fields.required("numberSid");
        let reason = fields.required("reason");
        Some(Self { number_sid: number_sid?, reason: reason? })
    }
}

/// That an order bought nothing.
#[derive(Debug)]
pub(crate) struct Voiding {
    reason: Reason,
}

impl Input for Voiding {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        Some(Self { reason: fields.required("reason")? })
    }
}

/// List orders, as an operator sees them
#[utoipa::path(
    get,
    path = "/api/operator/orders",
    operation_id = "listOperatorOrders",
    tag = "operator",
    params(asked::ForUser, asked::Page, asked::OperatorOrderQuery),
    responses(
        (status = 200, description = "A page of orders.", body = OrderListAnswer),
        OfReading,
    ),
)]
async fn list(
    State(api): Api,
    caller: Caller,
    Query(query): Query<OperatorOrderQuery>,
) -> Result<Json<OrderListAnswer>, Problem> {
    let OperatorOrderQuery { page, states } = query;
    let scope = operator(&api, &caller, page.user.as_ref()).await?;
    let filter = OrderFilter { scope, business: None, states, after: page.after, limit: page.limit };
    Ok(Json(api.provisioning.orders(&filter).await?.into()))
}

/// Show an order with its steps
///
/// Every step of it, with what the provider answered; of very many the latest 200.
#[utoipa::path(
    get,
    path = "/api/operator/orders/{id}",
    operation_id = "showOperatorOrder",
    tag = "operator",
    params(asked::ForUser, ("id" = words::Id, Path, description = "The order.")),
    responses(
        (status = 200, description = "The order and its steps.", body = StepsAnswer),
        OfOrder,
    ),
)]
async fn show(
    State(api): Api,
    caller: Caller,
    PathId(id): PathId<OrderId>,
) -> Result<Json<StepsAnswer>, Problem> {
    let order = find(&api, &caller, id).await?;
    let history = api.audit.history(id.to_string(), STEPS_MAX).await?;
    let steps = history.entries.into_iter().map(OrderStep::from).collect();
    Ok(Json(StepsAnswer::new(order, steps, history.begins_earlier)))
}

/// Settle an order
///
/// An operator says that it bought this number; the account must hold it. The price is taken.
#[utoipa::path(
    post,
    path = "/api/operator/orders/{id}/settle",
    operation_id = "settleOrder",
    tag = "operator",
    params(asked::ForUser, ("id" = words::Id, Path, description = "The order.")),
    request_body = asked::SettlementSent,
    responses(
        (status = 200, description = "The order is completed.", body = OrderAnswer),
        OfOrderDecision,
    ),
)]
async fn settle(
    State(api): Api,
    caller: Caller,
    PathId(id): PathId<OrderId>,
    JsonBody(settlement): JsonBody<Settlement>,
) -> Result<Json<OrderAnswer>, Problem> {
    let origin = deciding(&api, &caller, id).await?;
    let Settlement { number_sid, reason } = settlement;
    let order = api.provisioning.settle_order(id, number_sid, reason, origin).await?;
    Ok(Json(order.into()))
}

/// Void an order
///
/// An operator says that it bought nothing; the account must not hold what may be its number. The money returns.
#[utoipa::path(
    post,
    path = "/api/operator/orders/{id}/void",
    operation_id = "voidOrder",
    tag = "operator",
    params(asked::ForUser, ("id" = words::Id, Path, description = "The order.")),
    request_body = asked::ReasonOnly,
    responses(
        (status = 200, description = "The order has failed.", body = OrderAnswer),
        OfOrderDecision,
    ),
)]
async fn void(
    State(api): Api,
    caller: Caller,
    PathId(id): PathId<OrderId>,
    JsonBody(voiding): JsonBody<Voiding>,
) -> Result<Json<OrderAnswer>, Problem> {
    let origin = deciding(&api, &caller, id).await?;
    let order = api.provisioning.void_order(id, voiding.reason, origin).await?;
    Ok(Json(order.into()))
}

/// An order, if the caller is an operator and it is within what they name.
async fn find(api: &ApiState, caller: &Caller, id: OrderId) -> Result<Order, Problem> {
    let scope = operator(api, caller, None).await?;
    let order = api.provisioning.order(&scope, id).await?;
    order.ok_or_else(|| Problem::absent(ErrorCode::OrderNotFound))
}

/// On whose behalf an order is decided.
async fn deciding(api: &ApiState, caller: &Caller, id: OrderId) -> Result<Origin, Problem> {
    let order = find(api, caller, id).await?;
    Ok(caller.origin(&order.user))
}

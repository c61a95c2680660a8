//! Whether numbers are sold, for how long the money at the provider lasts, and the operator's switch.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use trunkline_domain::Reason;
use trunkline_provisioning::RunwayError;
use trunkline_provisioning::port::{StartAnswer, StopAnswer};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{deciding, operator};
use crate::access::Caller;
use crate::answer::operator::{SalesAnswer, SwitchAnswer};
use crate::description::asked;
use crate::description::refusals::{OfBody, OfReading};
use crate::extract::{Fields, Input, JsonBody, Query};
use crate::problem::Problem;
use crate::routes::Api;
use crate::{ApiState, HttpSettings};

pub(super) fn routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(stop)).routes(routes!(start))
}

/// How much is asked for.
#[derive(Debug)]
pub(crate) struct SalesQuery {
    /// Whether the money at the provider is: for that every number that is paid for is looked through, and the provider asked.
    has_runway: bool,
}

impl Input for SalesQuery {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        Some(Self { has_runway: fields.flag("runway").unwrap_or(true) })
    }
}

/// Why sales are switched.
#[derive(Debug)]
pub(crate) struct Switch {
    reason: Reason,
}

impl Input for Switch {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        Some(Self { reason: fields.required("reason")? })
    }
}

/// Show whether numbers are sold
///
/// And for how long the money at the provider lasts. A balance that the provider does not say is part of the answer.
#[utoipa::path(
    get,
    path = "/api/operator/sales",
    operation_id = "showSales",
    tag = "operator",
    params(asked::ForUser, asked::SalesQuery),
    responses(
        (status = 200, description = "What decides whether numbers are sold.", body = SalesAnswer),
        OfReading,
    ),
)]
async fn show(
    State(api): Api,
    caller: Caller,
    Query(SalesQuery { has_runway }): Query<SalesQuery>,
) -> Result<Json<SalesAnswer>, Problem> {
    operator(&api, &caller, None).await?;
    let state = api.sales.state().await?;
    let looked = if has_runway { Some(api.runway.figures().await) } else { None };
    let figures = match looked.transpose() {
        Ok(figures) => Ok(figures),
        Err(RunwayError::Balance(error)) => Err(error),
        Err(RunwayError::Store(error)) => return Err(error.into()),
    };
    let per_day = api.provisioning.purchases_per_day();
    Ok(Json(SalesAnswer::new(state, per_day, api.runway.floor(), figures)))
}

/// Stop sales
///
/// What has been begun goes on to its end; releases, calls and texts go on.
#[utoipa::path(
    post,
    path = "/api/operator/sales/stop",
    operation_id = "stopSales",
    tag = "operator",
    params(asked::ForUser),
    request_body = asked::ReasonOnly,
    responses(
        (status = 200, description = "Sales are stopped.", body = SwitchAnswer),
        OfBody,
    ),
)]
async fn stop(
    State(api): Api,
    caller: Caller,
    JsonBody(switch): JsonBody<Switch>,
) -> Result<Json<SwitchAnswer>, Problem> {
    let origin = deciding(&api, &caller).await?;
    Ok(Json(match api.sales.stop(switch.reason.as_str(), &origin).await? {
        StopAnswer::Stopped => SwitchAnswer::switched(
            "Sales are stopped. What has been begun goes on to its end; releases, calls and texts go on.",
        ),
        StopAnswer::StoppedBefore => SwitchAnswer::as_before(
            "Sales were stopped already, and nothing was changed; GET /api/operator/sales says by whom and why.",
        ),
    }))
}

/// Start sales again
#[utoipa::path(
    post,
    path = "/api/operator/sales/start",
    operation_id = "startSales",
    tag = "operator",
    params(asked::ForUser),
    request_body = asked::ReasonOnly,
    responses(
        (status = 200, description = "Nobody has stopped sales any more.", body = SwitchAnswer),
        OfBody,
    ),
)]
async fn start(
    State(api): Api,
    caller: Caller,
    JsonBody(switch): JsonBody<Switch>,
) -> Result<Json<SwitchAnswer>, Problem> {
    let origin = deciding(&api, &caller).await?;
    Ok(Json(match api.sales.start(switch.reason.as_str(), &origin).await? {
        StartAnswer::Started => SwitchAnswer::switched(
            "The stop is over; GET /api/operator/sales says whether anything else holds sales back.",
        ),
        StartAnswer::NotStopped => {
            SwitchAnswer::as_before("Nobody had stopped sales, and nothing was changed.")
        }
    }))
}

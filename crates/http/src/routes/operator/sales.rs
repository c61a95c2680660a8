//! Whether numbers are sold, for how long the money at the provider lasts, and the operator's switch.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use trunkline_domain::Reason;
use trunkline_provisioning::RunwayError;
use trunkline_provisioning::port::{StartAnswer, StopAnswer};

use super::{deciding, operator};
use crate::access::Caller;
use crate::answer::operator::{SalesAnswer, SwitchAnswer};
use crate::extract::{Fields, Input, JsonBody};
use crate::problem::Problem;
use crate::routes::Api;
use crate::{ApiState, HttpSettings};

pub(super) fn routes() -> Router<Arc<ApiState>> {
    Router::new()
        .route("/api/operator/sales", get(show))
        .route("/api/operator/sales/stop", post(stop))
        .route("/api/operator/sales/start", post(start))
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

/// `GET /api/operator/sales`. A balance that the provider does not say is part of the answer.
async fn show(State(api): Api, caller: Caller) -> Result<Json<SalesAnswer>, Problem> {
    operator(&api, &caller, None).await?;
    let state = api.sales.state().await?;
    let figures = match api.runway.figures().await {
        Ok(figures) => Ok(figures),
        Err(RunwayError::Balance(error)) => Err(error),
        Err(RunwayError::Store(error)) => return Err(error.into()),
    };
    let per_day = api.provisioning.purchases_per_day();
    Ok(Json(SalesAnswer::new(state, per_day, api.runway.floor(), figures)))
}

/// `POST /api/operator/sales/stop`.
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

/// `POST /api/operator/sales/start`.
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

//! What numbers are sold for, and what they cost.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::operator;
use crate::ApiState;
use crate::access::Caller;
use crate::answer::operator::MarginsAnswer;
use crate::description::asked;
use crate::description::refusals::OfReading;
use crate::problem::Problem;
use crate::routes::Api;

pub(super) fn routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new().routes(routes!(list))
}

/// List the prices in force with their margins
///
/// What customers pay, what the price file says that the provider charges, and what is left of it each month.
#[utoipa::path(
    get,
    path = "/api/operator/prices",
    operation_id = "listMargins",
    tag = "operator",
    params(asked::ForUser),
    responses(
        (status = 200, description = "Every price in every currency.", body = MarginsAnswer),
        OfReading,
    ),
)]
async fn list(State(api): Api, caller: Caller) -> Result<Json<MarginsAnswer>, Problem> {
    operator(&api, &caller, None).await?;
    Ok(Json(api.provisioning.prices().as_ref().into()))
}

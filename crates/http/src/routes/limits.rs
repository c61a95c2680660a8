//! What limits a user, as they see it themselves. Operators set it (`operator/limits.rs`).

use axum::Json;
use axum::extract::State;
use trunkline_tenancy::Action;

use super::Api;
use super::wallet::WhoseQuery;
use crate::access::Caller;
use crate::answer::operator::LimitsAnswer;
use crate::description::asked;
use crate::description::refusals::OfReading;
use crate::extract::Query;
use crate::problem::Problem;

/// Show your limits
///
/// What you may have and buy, where it comes from, and what you have. An operator changes it.
#[utoipa::path(
    get,
    path = "/api/limits",
    operation_id = "showOwnLimits",
    tag = "numbers",
    params(asked::ForUser, asked::WhoseQuery),
    responses(
        (status = 200, description = "The limits.", body = LimitsAnswer),
        OfReading,
    ),
)]
pub(crate) async fn show(
    State(api): Api,
    caller: Caller,
    Query(query): Query<WhoseQuery>,
) -> Result<Json<LimitsAnswer>, Problem> {
    let user = caller.user(&api.tenancy, Action::ReadAccount, query.user.as_ref()).await?;
    let view = api.limits.of(&user).await?;
    Ok(Json(LimitsAnswer::new(user, view)))
}

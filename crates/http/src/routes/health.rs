//! Whether the process lives, and whether it can do its work. Open to everybody; says nothing of the inside.

use axum::Json;
use axum::extract::State;

use super::Api;
use crate::answer::Done;
use crate::problem::Problem;

/// `GET /healthz`: the process answers.
pub(crate) async fn alive() -> Json<Done> {
    Json(Done::default())
}

/// `GET /readyz`: the server can do its work.
pub(crate) async fn ready(State(api): Api) -> Result<Json<Done>, Problem> {
    api.readiness.check().await.map_err(|error| Problem::storage().because(error))?;
    Ok(Json(Done::default()))
}

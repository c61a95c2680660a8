//! Whether the process lives, and whether it can do its work. Open to everybody; says nothing of the inside.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::Api;
use crate::answer::Done;
use crate::problem::Problem;

/// The process answers, and says what it is, so that somebody who asks at a public address knows who answered.
#[derive(Debug, Serialize)]
pub(crate) struct Alive {
    success: bool,
    service: &'static str,
}

/// `GET /healthz`: the process answers.
pub(crate) async fn alive() -> Json<Alive> {
    Json(Alive { success: true, service: "trunkline" })
}

/// `GET /readyz`: the server can do its work.
pub(crate) async fn ready(State(api): Api) -> Result<Json<Done>, Problem> {
    api.readiness.check().await.map_err(|error| Problem::storage().because(error))?;
    Ok(Json(Done::default()))
}

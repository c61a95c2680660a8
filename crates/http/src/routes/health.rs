//! Whether the process lives, and whether it can do its work. Open to everybody; says nothing of the inside.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Api;
use crate::NotReady;
use crate::answer::Done;
use crate::description::refusals::{OfAnybody, OfReadiness};
use crate::problem::{ErrorCode, Problem};

/// The process answers, and says what it is, so that somebody who asks at a public address knows who answered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Alive {
    success: bool,
    service: &'static str,
}

/// Whether the process answers
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "alive",
    tag = "health",
    responses(
        (status = 200, description = "It answers.", body = Alive),
        OfAnybody,
    ),
    security(()),
)]
pub(crate) async fn alive() -> Json<Alive> {
    Json(Alive { success: true, service: "trunkline" })
}

/// Whether the server can do its work
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "ready",
    tag = "health",
    responses(
        (status = 200, description = "It can.", body = Done),
        OfReadiness,
    ),
    security(()),
)]
pub(crate) async fn ready(State(api): Api) -> Result<Json<Done>, Problem> {
    api.readiness.check().await.map_err(unready)?;
    Ok(Json(Done::default()))
}

fn unready(error: NotReady) -> Problem {
    let detail = match error {
        NotReady::Database(_) => "The database takes no writes. Send requests to another server meanwhile.",
        NotReady::Clock { .. } => {
            "This server's clock and the database's are more than two seconds apart. Send requests to another server \
             meanwhile."
        }
    };
    let part = error.part();
    Problem::new(ErrorCode::NotReady, detail).member("failing", part).because(error)
}

//! Whether the process lives, and whether it can do its work. Open to everybody; says nothing of the inside.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::Api;
use crate::NotReady;
use crate::answer::Done;
use crate::problem::{ErrorCode, Problem};

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

/// `GET /readyz`: the server can do its work; else which part of it fails.
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

//! The sandbox's own door, for `trunkline sandbox advance`: a listener on loopback with a token, apart from the API, so
//! that no server of customers has such a route.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use rand::RngExt;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::time::{Moved, SandboxTime, Services};

/// The listener, before it serves.
pub(super) struct Control {
    listener: TcpListener,
    pub(super) url: String,
    pub(super) token: SecretString,
}

/// What is asked of it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Advance {
    pub(super) seconds: u64,
}

#[derive(Clone)]
struct Door {
    token: SecretString,
    time: SandboxTime,
    services: Services,
}

impl Control {
    /// Listens on a free port of this machine, with a token of this run.
    pub(super) async fn open() -> anyhow::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let secret: [u64; 2] = rand::rng().random();
        let token = SecretString::from(format!("{:016x}{:016x}", secret[0], secret[1]));
        Ok(Self { listener, url, token })
    }

    /// Answers until stopped.
    pub(super) async fn serve(self, time: SandboxTime, services: Services, stop: CancellationToken) {
        let door = Door { token: self.token, time, services };
        let routes = Router::new().route("/advance", post(advance)).with_state(door);
        let served = axum::serve(self.listener, routes).with_graceful_shutdown(stop.cancelled_owned()).await;
        if let Err(error) = served {
            tracing::error!(%error, "the sandbox's clock cannot be moved any more");
        }
    }
}

async fn advance(State(door): State<Door>, headers: HeaderMap, Json(asked): Json<Advance>) -> Response {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown.and_then(|value| value.strip_prefix("Bearer "));
    if !shown.is_some_and(|shown| same(shown, door.token.expose_secret())) {
        return refuse(StatusCode::UNAUTHORIZED, "the token is another one: was the sandbox started again?");
    }
    // Begun once, it is done: whoever asked may go away.
    let moving =
        tokio::spawn(
            async move { door.time.advance(Duration::from_secs(asked.seconds), &door.services).await },
        );
    match moving.await {
        Ok(Ok(moved)) => Json(moved).into_response(),
        Ok(Err(error)) => refuse(StatusCode::CONFLICT, &format!("{error:#}")),
        Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

fn refuse(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}

/// Compares in a time that does not depend on where they differ.
fn same(one: &str, other: &str) -> bool {
    let differences = one.bytes().zip(other.bytes()).fold(0, |seen, (a, b)| seen | (a ^ b));
    one.len() == other.len() && differences == 0
}

/// Asks a running sandbox to move its clocks.
pub(super) async fn ask(url: &str, token: &SecretString, by: Duration) -> anyhow::Result<Moved> {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build()?;
    let asked = http.post(format!("{url}/advance")).bearer_auth(token.expose_secret());
    let answer = asked.json(&Advance { seconds: by.as_secs() }).send().await;
    let answer = answer.context("no sandbox answers there: start it with `trunkline sandbox`")?;
    if answer.status().is_success() {
        return Ok(answer.json().await?);
    }
    let status = answer.status();
    let refusal = answer.json::<Refusal>().await.map_or_else(|_| status.to_string(), |refusal| refusal.error);
    Err(anyhow::anyhow!(refusal))
}

//! The edge: what every request passes on its way in and every response on its way out.
//!
//! The outermost layer gives the request its id, turns problems into documents, and writes the one line that the log
//! has of it. The line names the route's pattern and the caller's key; never a body, a query's value or a header.

use std::any::Any;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use trunkline_tenancy::Principal;
use uuid::Uuid;

use crate::ApiState;
use crate::access::CallerRecord;
use crate::measure;
use crate::problem::{ErrorCode, Problem};
use crate::router::PURCHASE_PATH;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken over from a client or proxy, in characters.
const REQUEST_ID_MAX: usize = 128;
/// When to ask again after a request that took too long.
const TIMEOUT_RETRY: Duration = Duration::from_secs(5);

/// A request's id: the one that came with it, or a fresh one.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(HeaderValue);

impl RequestId {
    /// Takes over an id of letters, digits and `-_.:`; anything else could lie in a log.
    fn of(headers: &HeaderMap) -> Self {
        let sane = |value: &&HeaderValue| {
            let allowed = |b: &u8| b.is_ascii_alphanumeric() || b"-_.:".contains(b);
            (1..=REQUEST_ID_MAX).contains(&value.len()) && value.as_bytes().iter().all(allowed)
        };
        let incoming = headers.get(REQUEST_ID).filter(sane).cloned();
        let fresh = || HeaderValue::try_from(Uuid::now_v7().to_string());
        Self(incoming.or_else(|| fresh().ok()).unwrap_or(HeaderValue::from_static("unknown")))
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

/// The outermost layer.
pub(crate) async fn attend(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = RequestId::of(request.headers());
    let caller = CallerRecord::default();
    request.extensions_mut().insert(id.clone());
    request.extensions_mut().insert(caller.clone());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map(MatchedPath::as_str);
    let is_for_people = is_for_people(&request);

    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let problem = if route == Some(PURCHASE_PATH) { problem.of_purchase() } else { problem };
        log_cause(&problem, id.as_str());
        if is_for_people {
            problem.render_page(&mut response, id.as_str());
        } else {
            problem.render(&mut response, id.as_str());
        }
    }
    response.headers_mut().insert(REQUEST_ID, id.0.clone());
    let took = started.elapsed();
    measure::answered(route, &method, response.status(), took);
    let principal = caller.principal();
    tracing::info!(
        request.id = id.as_str(),
        method = method.as_str(),
        route = route.unwrap_or("-"),
        status = response.status().as_u16(),
        latency_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        principal.kind = principal.map(|p| p.kind.as_str()),
        principal.key = principal.and_then(Principal::key).map(tracing::field::display),
        "request answered"
    );
    response
}

/// Whether somebody looks at the answer in a browser: they asked for a page, and not of the API.
fn is_for_people(request: &Request) -> bool {
    let asked = request.headers().get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let wants_page =
        asked.flat_map(|value| value.split(',')).any(|kind| kind.trim().starts_with("text/html"));
    wants_page && !request.uri().path().starts_with("/api/")
}

/// Turns a problem of a call from within into its document. The request around it has the line in the log.
pub(crate) fn explain_within(mut response: Response, path: &str, request_id: &str) -> Response {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let problem = if path == PURCHASE_PATH { problem.of_purchase() } else { problem };
        log_cause(&problem, request_id);
        problem.render(&mut response, request_id);
    }
    response
}

fn log_cause(problem: &Problem, request_id: &str) {
    let code = problem.code();
    let cause = problem.cause().map(|cause| cause as &(dyn Error + 'static));
    match code.status() {
        StatusCode::INTERNAL_SERVER_ERROR => {
            tracing::error!(request.id = request_id, code = code.as_str(), cause, "a mistake of ours");
        }
        _ if cause.is_some() => {
            tracing::warn!(request.id = request_id, code = code.as_str(), cause, "a request failed");
        }
        _ => {}
    }
}

/// Ends a request that takes too long. What it has begun goes on: sagas belong to provisioning.
pub(crate) async fn limit_time(
    State(state): State<Arc<ApiState>>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let answer = tokio::time::timeout(state.settings.request_timeout, next.run(request)).await;
    answer.map_err(|_| {
        let detail = "The server did not get to an answer in time. What was asked may still be done; look at your \
                      orders and numbers before asking again.";
        Problem::new(ErrorCode::Overloaded, detail).retry_after(TIMEOUT_RETRY)
    })
}

/// A panic in a handler, as its client sees it.
#[expect(clippy::needless_pass_by_value, reason = "the signature that a panic handler has")]
pub(crate) fn explain_panic(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    tracing::error!(panic = text, "a handler panicked");
    Problem::internal().into_response()
}

/// A path that no route has.
pub(crate) async fn no_such_route() -> Problem {
    nowhere()
}

/// What is answered where there is nothing.
pub(crate) fn nowhere() -> Problem {
    let detail = "There is no such page here. Check the path; /api/docs shows every route.";
    Problem::new(ErrorCode::NotFound, detail)
}

/// A method that a route does not know.
pub(crate) async fn no_such_method() -> Problem {
    let detail =
        "This page does not know this method; the Allow header names those that it does. Nothing was done.";
    Problem::new(ErrorCode::MethodNotAllowed, detail)
}

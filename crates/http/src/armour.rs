//! Headers that keep browsers from doing more with an answer than it is for, on every answer.
//!
//! What an answer says of itself stays: a page brings a policy of its own.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::ApiState;

/// What every answer carries that does not say otherwise: it is what it says it is, nobody keeps it, nobody frames it,
/// nothing in it is loaded or run, and no other site learns its address.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
];

/// A year of nothing but https: said only where the world reaches us by it.
const ONLY_HTTPS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// The layer around everything, problems included.
pub(crate) async fn protect(State(state): State<Arc<ApiState>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if state.public_url.as_ref().is_some_and(|url| url.scheme() == "https") {
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(ONLY_HTTPS);
    }
    response
}

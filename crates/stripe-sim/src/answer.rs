//! An answer before it is an HTTP response, so that a fault can still withhold it and an idempotency key keep it.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::Value;

/// A status with a JSON body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    /// It was given before, under the same idempotency key, to the request with this identifier.
    pub(crate) original_request: Option<String>,
}

impl Answer {
    /// Stripe's JSON is indented by two blanks.
    pub(crate) fn of(status: u16, body: &Value) -> Self {
        Self { status, body: format!("{body:#}"), original_request: None }
    }

    /// The whole response, with the headers that every answer has.
    pub(crate) fn respond(self, headers: &[(&'static str, String)]) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let map = response.headers_mut();
        map.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::try_from(value) {
                map.insert(HeaderName::from_static(name), value);
            }
        }
        if let Some(original) = self.original_request.and_then(|id| HeaderValue::try_from(id).ok()) {
            map.insert("original-request", original);
            map.insert("idempotent-replayed", HeaderValue::from_static("true"));
        }
        response
    }
}

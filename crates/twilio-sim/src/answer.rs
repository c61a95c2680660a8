//! An answer before it is an HTTP response, so that a fault can still withhold, spoil or delay it.

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use chrono::{DateTime, Utc};
use futures::stream;
use serde::Serialize;

use crate::refusal::Refusal;

const CONTENT_TYPE: &str = "application/json;charset=utf-8";

/// A status with a body, which is JSON or empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    body: String,
    retry_after_s: Option<u32>,
}

impl Answer {
    pub(crate) const fn json(status: u16, body: String) -> Self {
        Self { status, body, retry_after_s: None }
    }

    /// A status with something in JSON.
    pub(crate) fn of(status: u16, body: &impl Serialize) -> Self {
        match serde_json::to_string(body) {
            Ok(body) => Self::json(status, body),
            Err(error) => {
                tracing::error!(%error, "an answer could not be written as JSON");
                Refusal::of_status(500).answer()
            }
        }
    }

    /// 204.
    pub(crate) const fn nothing() -> Self {
        Self::json(204, String::new())
    }

    pub(crate) fn body(&self) -> &str {
        &self.body
    }

    /// Empty for an answer without a body.
    pub(crate) const fn content_type(&self) -> &'static str {
        if self.body.is_empty() { "" } else { CONTENT_TYPE }
    }

    pub(crate) const fn retry_after_s(mut self, seconds: Option<u32>) -> Self {
        self.retry_after_s = seconds;
        self
    }

    /// The whole response, with the given headers of every answer.
    pub(crate) fn respond(self, common: HeaderMap) -> Response {
        self.with_headers(common, Body::from)
    }

    /// A response that promises the whole body and breaks off in its middle.
    pub(crate) fn respond_truncated(self, common: HeaderMap) -> Response {
        let length = self.body.len();
        let mut response = self.with_headers(common, broken_off);
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        response
    }

    fn with_headers(self, common: HeaderMap, body: impl FnOnce(String) -> Body) -> Response {
        let json = !self.body.is_empty();
        let mut response = Response::new(body(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        *headers = common;
        if json {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
        }
        if self.status == 401 {
            let challenge = HeaderValue::from_static("Basic realm=\"Twilio API\"");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The first half of a body, then an error that makes the server drop the connection.
fn broken_off(body: String) -> Body {
    let body = Bytes::from(body);
    let half = body.slice(..body.len() / 2);
    let mut stage = 0_u8;
    Body::from_stream(stream::poll_fn(move |context| {
        stage = stage.saturating_add(1);
        match stage {
            1 => std::task::Poll::Ready(Some(Ok(half.clone()))),
            // One pause, in which the server sends what it has.
            2 => {
                context.waker().wake_by_ref();
                std::task::Poll::Pending
            }
            _ => std::task::Poll::Ready(Some(Err(std::io::Error::from(std::io::ErrorKind::BrokenPipe)))),
        }
    }))
}

/// The headers that Twilio sends with every answer. `Date` is the simulator's own time.
pub(crate) fn common_headers(concurrent: usize, milliseconds: u128, now: DateTime<Utc>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Ok(date) = HeaderValue::try_from(now.format("%a, %d %b %Y %H:%M:%S GMT").to_string()) {
        headers.insert(header::DATE, date);
    }
    let request_id = HeaderValue::try_from(crate::sid::fresh("RQ"));
    let duration = HeaderValue::try_from(format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000));
    for (name, value) in [("twilio-request-id", request_id), ("twilio-request-duration", duration)] {
        if let Ok(value) = value {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    headers.insert("twilio-concurrent-requests", HeaderValue::from(concurrent));
    headers.insert("x-home-region", HeaderValue::from_static("us1"));
    headers.insert("x-api-domain", HeaderValue::from_static("api.twilio.com"));
    headers.insert("x-shenanigans", HeaderValue::from_static("none"));
    headers
}

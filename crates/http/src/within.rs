//! The API for pages of the same process: what a page shows and does goes through the routes that everybody has.
//!
//! Whoever calls has found out who asks, by a session instead of a bearer token, and says so with a [`Principal`]. From there on
//! everything is as over the wire: what the caller may do, how often, how bodies are read, what is refused in which words.
//! So a page can do nothing that the API does not let its visitor do. Nothing of it is reached from outside: the principal
//! travels as a value of this process, never as a header.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;
use trunkline_domain::RequestContext;
use trunkline_tenancy::Principal;

use crate::access::{CallerRecord, context_of};
use crate::edge::{explain_panic, explain_within, no_such_route};
use crate::rate::{count_stranger, limit_callers};
use crate::router::authenticated_routes;
use crate::{ApiState, RateLimiter};

/// The API as pages of this process call it. Cheap to clone.
#[derive(Clone)]
pub struct ApiWithin {
    routes: Router,
    rates: RateLimiter,
}

/// One call.
#[derive(Debug, Clone)]
pub struct CallWithin {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub uri: Uri,
    /// The body, where it has one.
    pub body: Option<Value>,
    /// What tells a repeat of this call from another one.
    pub idempotency_key: Option<String>,
    /// Another kind of answer than JSON (`text/csv`).
    pub accept: Option<&'static str>,
}

impl CallWithin {
    /// A call without a body.
    pub const fn new(method: Method, uri: Uri) -> Self {
        Self { method, uri, body: None, idempotency_key: None, accept: None }
    }
}

impl ApiWithin {
    /// The routes that have to do with somebody, without those that strangers reach.
    pub fn new(state: ApiState) -> Self {
        let state = Arc::new(state);
        let body_limit = state.settings.body_limit;
        let routes = Router::from(authenticated_routes())
            .route_layer(from_fn_with_state(Arc::clone(&state), limit_callers))
            .fallback(no_such_route)
            .layer(DefaultBodyLimit::max(body_limit))
            .layer(CatchPanicLayer::custom(explain_panic));
        let rates = state.rates.clone();
        Self { routes: routes.with_state(state), rates }
    }

    /// What the audit trail keeps of the request that a page answers: its id at the edge, and where it came from.
    pub fn context(&self, extensions: &Extensions, headers: &HeaderMap) -> RequestContext {
        context_of(self.rates.trusted_proxies(), extensions, headers)
    }

    /// Notes for the log who asks for a page. Whom nobody knows is counted by their address, like those who ask the API without
    /// good credentials, and refused when there are too many of them; the refusal is the answer.
    pub fn receive(
        &self,
        extensions: &Extensions,
        headers: &HeaderMap,
        caller: Option<&Principal>,
    ) -> Result<(), Box<Response>> {
        if let Some(principal) = caller {
            if let Some(record) = extensions.get::<CallerRecord>() {
                record.note(principal);
            }
            return Ok(());
        }
        count_stranger(&self.rates, extensions, headers).map_err(|problem| Box::new(problem.into_response()))
    }

    /// Calls as somebody. What fails is a problem document, as it is over the wire; its cause is in the log.
    pub async fn call(&self, principal: Principal, context: RequestContext, call: CallWithin) -> Response {
        let CallWithin { method, uri, body, idempotency_key, accept } = call;
        let (has_body, path) = (body.is_some(), uri.path().to_owned());
        let body = body.map_or_else(Body::empty, |body| Body::from(Bytes::from(body.to_string())));
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        if has_body {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(accept) = accept {
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        }
        // A key that no header can carry becomes one that no key can be; the route refuses it.
        if let Some(key) = idempotency_key {
            let key = HeaderValue::try_from(key).unwrap_or(HeaderValue::from_static(""));
            headers.insert(HeaderName::from_static("idempotency-key"), key);
        }
        let request_id = context.id.clone().unwrap_or_default();
        request.extensions_mut().insert(principal);
        request.extensions_mut().insert(context);
        let answered = self.routes.clone().oneshot(request).await;
        let response = answered.unwrap_or_else(|never| match never {});
        explain_within(response, &path, &request_id)
    }
}

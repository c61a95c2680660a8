//! Whose request this is, by the session that its cookie names.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use trunkline_domain::RequestContext;
use trunkline_sessions::{Client, Session, SessionStoreError};

use super::carried;
use super::cookie::Jar;
use crate::DashboardState;
use crate::error::Failure;
use crate::visitor::{Arrival, Visitor};

/// What a live part of a page sends when it asks for itself anew (`hx-headers` in templates): whoever has left the page open is not
/// there for all that.
const LIVE: &str = "trunkline-live";

/// Notes where a request came from and whose it is. A host that signs people in by itself has said so already.
pub(crate) async fn resume(
    State(state): State<Arc<DashboardState>>,
    mut request: Request,
    next: Next,
) -> Response {
    let context = state.api.context(request.extensions(), request.headers());
    let client = client(&context, request.headers());
    request.extensions_mut().insert(Arrival { context });
    let session = match session(&state, request.headers()).await {
        Ok(session) => session,
        Err(error) => {
            tracing::error!(error = %error, "the store of sessions cannot be asked");
            return Failure::Unavailable.into_response();
        }
    };
    request.extensions_mut().insert(client);
    if let Some(session) = session {
        let visitor = Visitor { principal: session.principal.clone(), name: session.name.clone() };
        request.extensions_mut().insert(visitor);
        request.extensions_mut().insert(session);
    }
    let known = request.extensions().get::<Visitor>().map(|visitor| &visitor.principal);
    let is_known = known.is_some();
    if let Err(refusal) = state.api.receive(request.extensions(), request.headers(), known) {
        return *refusal;
    }
    if !is_known && *request.method() == Method::POST && carried::is_worth_keeping(request.uri().path()) {
        return carried::ask_first(&state, request).await;
    }
    next.run(request).await
}

async fn session(state: &DashboardState, headers: &HeaderMap) -> Result<Option<Session>, SessionStoreError> {
    let Some(sessions) = &state.sessions else { return Ok(None) };
    let Some(token) = Jar::of(&state.settings.public_url).session(headers) else { return Ok(None) };
    if headers.contains_key(LIVE) {
        sessions.resume_unused(&token).await
    } else {
        sessions.resume(&token).await
    }
}

fn client(context: &RequestContext, headers: &HeaderMap) -> Client {
    let user_agent = headers.get(header::USER_AGENT).and_then(|name| name.to_str().ok());
    Client::new(context.clone(), user_agent)
}

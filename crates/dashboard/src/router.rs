//! Which page is where, and the layers around all of them.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::header;
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use tower_http::compression::CompressionLayer;

use crate::error::Failure;
use crate::visitor::{Visit, Visitor};
use crate::{
    DashboardState, assets, buying, funds, numbers, operator, origin, paying, policy, settings, signing_in,
};

/// All pages. They stand inside the edge of the API's router, which limits and logs them like everything else.
pub fn pages(state: DashboardState) -> Router {
    let state = Arc::new(state);
    Router::new()
        .route("/", get(home))
        .route("/dashboard", get(home))
        .merge(customers_pages().route_layer(from_fn(customers_only)))
        .merge(operator::routes().route_layer(from_fn(operators_only)))
        .merge(numbers::routes())
        .merge(settings::routes())
        .merge(paying::routes())
        .merge(signing_in::routes())
        .merge(signing_in::open_routes())
        .layer(map_response(readable))
        .layer(from_fn_with_state(Arc::clone(&state), signing_in::resume))
        .layer(from_fn_with_state(Arc::clone(&state), origin::own_forms_only))
        // Pages are not compressed: they hold what is secret beside what somebody else's link may have put there, and the length
        // of both together would tell of it (BREACH). The assets are everybody's, and most of what a first page weighs.
        .route(assets::PATH, get(assets::file).layer(CompressionLayer::new()))
        .layer(from_fn_with_state(Arc::clone(&state), policy::protect))
        .with_state(state)
}

/// What takes a wallet, or numbers of one's own.
fn customers_pages() -> Router<Arc<DashboardState>> {
    funds::routes().merge(buying::routes()).merge(numbers::own_routes()).merge(settings::own_routes())
}

/// Everybody begins where they have most to do.
async fn home(visit: Visit) -> Redirect {
    Redirect::to(if visit.visitor.is_operator() { operator::OVERVIEW } else { "/dashboard/numbers" })
}

/// What refuses a request before its page is asked, such as a form that is too long, says so in a line for programs.
async fn readable(response: Response) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_bare = kind.is_none_or(|kind| kind.starts_with("text/plain"));
    if response.status().is_client_error() && is_bare {
        return Failure::Unreadable(response.status()).into_response();
    }
    response
}

/// An operator has no wallet, and so nothing to pay or buy with, and no numbers.
async fn customers_only(request: Request, next: Next) -> Result<Response, Failure> {
    if request.extensions().get::<Visitor>().is_some_and(Visitor::is_operator) {
        return Err(Failure::CustomersOnly);
    }
    Ok(next.run(request).await)
}

/// What everybody's customers do is for operators to see.
async fn operators_only(request: Request, next: Next) -> Result<Response, Failure> {
    if request.extensions().get::<Visitor>().is_some_and(|visitor| !visitor.is_operator()) {
        return Err(Failure::OperatorsOnly);
    }
    Ok(next.run(request).await)
}

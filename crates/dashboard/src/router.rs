//! Which page is where, and the layers around all of them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Redirect, Response};
use axum::routing::get;

use crate::visitor::Arrival;
use crate::{DashboardState, assets, funds, numbers, origin, policy, settings};

/// All pages. They stand inside the edge of the API's router, which limits and logs them like everything else.
pub fn pages(state: DashboardState) -> Router {
    let state = Arc::new(state);
    Router::new()
        .route("/", get(home))
        .route("/dashboard", get(home))
        .merge(funds::routes())
        .merge(numbers::routes())
        .merge(settings::routes())
        .layer(from_fn_with_state(Arc::clone(&state), receive))
        .layer(from_fn_with_state(Arc::clone(&state), origin::own_forms_only))
        .route(assets::PATH, get(assets::file))
        .layer(from_fn_with_state(Arc::clone(&state), policy::protect))
        .with_state(state)
}

async fn home() -> Redirect {
    Redirect::to("/dashboard/numbers")
}

/// Notes where a request came from, for the audit trail.
async fn receive(State(state): State<Arc<DashboardState>>, mut request: Request, next: Next) -> Response {
    let context = state.api.context(request.extensions(), request.headers());
    request.extensions_mut().insert(Arrival { context });
    next.run(request).await
}

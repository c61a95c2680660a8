//! The route table, and the layers around it. A route is made of a handler that says what it reads and answers, so what is
//! routed is described (`description`).

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::ApiState;
use crate::access::authenticate;
use crate::armour::protect;
use crate::cors;
use crate::description::pages::{self, PAGES};
use crate::edge::{attend, explain_panic, limit_time, no_such_method, no_such_route};
use crate::load::{Admission, admit, limit_body_time, limit_head};
use crate::rate::{limit_callers, limit_strangers};
use crate::routes::{
    audit, businesses, health, keys, limits, members, notices, numbers, operator, orders, payments, purchase,
    search, statements, top_ups, users, wallet, webhooks,
};

pub(crate) const PURCHASE_PATH: &str = "/api/numbers/purchase";
/// Where the paths of webhooks begin.
pub(crate) const WEBHOOKS: [&str; 2] = ["/api/voice-agent/", "/api/payment/webhook"];

/// The whole API over its services.
///
/// Layers, from the outside: secrets in headers are marked, headers for browsers, the edge, other sites' requests, the limits
/// of a request's head, the places, the time limit, panics, the body's limits. The routes that have to do with somebody stand
/// behind `authenticate`, with strangers counted before it and callers after it; webhooks verify signatures instead, and are
/// not counted.
pub fn router(state: ApiState) -> Router {
    let pages = Router::new()
        .route(payments::DONE_PATH, get(payments::done))
        .route(payments::CANCELLED_PATH, get(payments::cancelled));
    router_with(state, pages)
}

/// The same with pages for people beside the API, those among them to which customers come back from paying
/// (`/payment/done`, `/payment/cancelled`): inside the edge, which limits and logs them like everything else, and
/// outside of who may call, which is theirs to find out.
pub fn router_with(state: ApiState, pages: Router) -> Router {
    let state = Arc::new(state);
    let body_limit = state.settings.body_limit;
    let secrets = [
        header::AUTHORIZATION,
        HeaderName::from_static("x-twilio-signature"),
        HeaderName::from_static("stripe-signature"),
    ];
    let authenticated = Router::from(authenticated_routes())
        .route_layer(from_fn_with_state(Arc::clone(&state), limit_callers))
        .route_layer(from_fn_with_state(Arc::clone(&state), authenticate))
        .route_layer(from_fn_with_state(Arc::clone(&state), limit_strangers));
    let admission = Arc::new(Admission::new(&state.settings));
    let router = Router::new()
        .merge(authenticated)
        .merge(Router::from(open_routes()))
        .merge(page_routes())
        .merge(pages.with_state(()))
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(body_limit))
        .layer(from_fn_with_state(Arc::clone(&state), limit_body_time))
        .layer(CatchPanicLayer::custom(explain_panic))
        .layer(from_fn_with_state(Arc::clone(&state), limit_time))
        .layer(from_fn_with_state(admission, admit))
        .layer(from_fn(limit_head));
    let router = match cors::layer(&state.settings.cors_allowed_origins) {
        Some(layer) => router.layer(layer),
        None => router,
    };
    router
        .layer(from_fn(attend))
        .layer(from_fn_with_state(Arc::clone(&state), protect))
        .layer(SetSensitiveRequestHeadersLayer::new(secrets))
        .with_state(state)
}

/// Everything that is described, without what it is served by.
pub(crate) fn described_routes() -> OpenApi {
    authenticated_routes().merge(open_routes()).into_openapi()
}

/// The routes that have to do with somebody.
pub(crate) fn authenticated_routes() -> OpenApiRouter<Arc<ApiState>> {
    callers_routes().merge(numbers_routes()).merge(wallet_routes()).merge(operator::routes())
}

fn callers_routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new()
        .routes(routes!(users::add))
        .routes(routes!(keys::list, keys::make))
        .routes(routes!(keys::revoke))
        .routes(routes!(keys::rotate))
        .routes(routes!(audit::list))
        .routes(routes!(businesses::list, businesses::add))
        .routes(routes!(businesses::show, businesses::change, businesses::delete))
        .routes(routes!(members::list))
        .routes(routes!(members::put, members::remove))
        .routes(routes!(members::memberships))
}

fn numbers_routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new()
        .routes(routes!(search::search))
        .routes(routes!(purchase::purchase))
        .routes(routes!(purchase::release))
        .routes(routes!(numbers::list, numbers::record))
        .routes(routes!(numbers::show, numbers::change))
        .routes(routes!(orders::list))
        .routes(routes!(orders::show))
        .routes(routes!(search::pricing))
        .routes(routes!(limits::show))
}

fn wallet_routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new()
        .routes(routes!(wallet::list))
        .routes(routes!(wallet::balance))
        .routes(routes!(wallet::transactions))
        .routes(routes!(statements::list))
        .routes(routes!(statements::show))
        .routes(routes!(wallet::credit))
        .routes(routes!(payments::open))
        .routes(routes!(payments::list))
        .routes(routes!(payments::show))
        .routes(routes!(top_ups::set_up, top_ups::show, top_ups::change, top_ups::remove))
        .routes(routes!(notices::show, notices::replace))
        .routes(routes!(notices::list))
}

fn open_routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new()
        .routes(routes!(webhooks::call))
        .routes(routes!(webhooks::text))
        .routes(routes!(webhooks::status))
        .routes(routes!(payments::hear))
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(pages::document))
}

/// The pages that show the description, which are not part of what they show.
fn page_routes() -> Router<Arc<ApiState>> {
    Router::new()
        .route(PAGES.trim_end_matches('/'), get(pages::front))
        .route(PAGES, get(pages::index))
        .route(&format!("{PAGES}{{*file}}"), get(pages::file))
}

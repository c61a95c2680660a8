//! The route table, and the layers around it.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, post, put};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;

use crate::ApiState;
use crate::access::authenticate;
use crate::armour::protect;
use crate::cors;
use crate::edge::{attend, explain_panic, limit_time, no_such_method, no_such_route};
use crate::load::{Admission, admit, limit_body_time, limit_head};
use crate::rate::{limit_callers, limit_strangers};
use crate::routes::{
    audit, businesses, health, keys, members, numbers, operator, orders, purchase, search, users, wallet,
    webhooks,
};

pub(crate) const PURCHASE_PATH: &str = "/api/numbers/purchase";
/// Where the paths of webhooks begin.
pub(crate) const WEBHOOKS: &str = "/api/voice-agent/";

/// The whole API over its services.
///
/// Layers, from the outside: secrets in headers are marked, headers for browsers, the edge, other sites' requests, the limits
/// of a request's head, the places, the time limit, panics, the body's limits. The routes that have to do with somebody stand
/// behind `authenticate`, with strangers counted before it and callers after it; webhooks verify signatures instead, and are
/// not counted.
pub fn router(state: ApiState) -> Router {
    let state = Arc::new(state);
    let body_limit = state.settings.body_limit;
    let secrets = [header::AUTHORIZATION, HeaderName::from_static("x-twilio-signature")];
    let authenticated =
        callers_routes().merge(numbers_routes()).merge(wallet_routes()).merge(operator::routes());
    let authenticated = authenticated
        .route_layer(from_fn_with_state(Arc::clone(&state), limit_callers))
        .route_layer(from_fn_with_state(Arc::clone(&state), authenticate))
        .route_layer(from_fn_with_state(Arc::clone(&state), limit_strangers));
    let admission = Arc::new(Admission::new(&state.settings));
    let router = Router::new()
        .merge(authenticated)
        .merge(open_routes())
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

fn callers_routes() -> Router<Arc<ApiState>> {
    Router::new()
        .route("/api/users", post(users::add))
        .route("/api/keys", get(keys::list).post(keys::make))
        .route("/api/keys/{id}", delete(keys::revoke))
        .route("/api/keys/{id}/rotate", post(keys::rotate))
        .route("/api/audit", get(audit::list))
        .route("/api/businesses", get(businesses::list).post(businesses::add))
        .route(
            "/api/businesses/{id}",
            get(businesses::show).patch(businesses::change).delete(businesses::delete),
        )
        .route("/api/businesses/{id}/members", get(members::list))
        .route("/api/businesses/{id}/members/{userId}", put(members::put).delete(members::remove))
        .route("/api/memberships", get(members::memberships))
}

fn numbers_routes() -> Router<Arc<ApiState>> {
    Router::new()
        .route("/api/numbers/search", post(search::search))
        .route(PURCHASE_PATH, post(purchase::purchase))
        .route("/api/numbers/{id}/release", delete(purchase::release))
        .route("/api/numbers", get(numbers::list).post(numbers::record))
        .route("/api/numbers/{id}", get(numbers::show).patch(numbers::change))
        .route("/api/orders", get(orders::list))
        .route("/api/orders/{id}", get(orders::show))
        .route("/api/pricing", get(search::pricing))
}

fn wallet_routes() -> Router<Arc<ApiState>> {
    Router::new()
        .route("/api/wallet/balance", get(wallet::balance))
        .route("/api/wallet/transactions", get(wallet::transactions))
        .route("/api/wallet/credits", post(wallet::credit))
}

fn open_routes() -> Router<Arc<ApiState>> {
    Router::new()
        .route("/api/voice-agent/handle-call", post(webhooks::call))
        .route("/api/voice-agent/handle-sms", post(webhooks::text))
        .route("/api/voice-agent/status", post(webhooks::status))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
}

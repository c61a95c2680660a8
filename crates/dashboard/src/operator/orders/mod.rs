//! Every customer's orders, those first that wait for a decision: the list, one with its whole story, and deciding it.

mod list;
mod one;
mod record;
mod steps;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::DashboardState;

/// Where they are.
pub(super) const ORDERS: &str = "/operator/orders";

pub(super) use record::OneOrder;
pub(super) use words::review_in_short;

pub(super) fn routes() -> Router<Arc<DashboardState>> {
    Router::new()
        .route(ORDERS, get(list::show))
        .route("/operator/orders/{id}", get(one::show).post(one::decide))
}

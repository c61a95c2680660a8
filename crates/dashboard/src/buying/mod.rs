//! Buying a number: search, choose, name, look at the sum, buy, and see what becomes of it.
//!
//! What was chosen so far stands in the address of every page on the way ([`selection`]), with the key under which it is bought
//! once. So reloading, the back button, a link sent to oneself, and signing in again lose nothing, and buy nothing twice.

mod details;
mod order;
mod orders;
mod record;
mod search;
mod selection;
mod summary;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::DashboardState;

pub(crate) fn routes() -> Router<Arc<DashboardState>> {
    Router::new()
        .route(selection::SEARCH, get(search::page))
        .route(selection::DETAILS, get(details::page))
        .route(selection::SUMMARY, get(summary::page).post(summary::buy))
        .route("/dashboard/numbers/orders", get(orders::page))
        .route("/dashboard/numbers/orders/of/{number}", get(order::of_number))
        .route("/dashboard/numbers/orders/{id}", get(order::page))
}

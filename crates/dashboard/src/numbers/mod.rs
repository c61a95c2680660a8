//! A customer's numbers: the table of them, one of them with what can be done to it, giving one back, and recording one that
//! lives elsewhere.

mod countries;
mod history;
mod list;
mod one;
mod record;
mod recording;
mod release;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::DashboardState;

pub(crate) use countries::country_name;
pub(crate) use record::{Number, type_label};

/// What somebody does with numbers of their own, which an operator has none of.
pub(crate) fn own_routes() -> Router<Arc<DashboardState>> {
    Router::new().route("/dashboard/numbers/record", get(recording::show).post(recording::record))
}

pub(crate) fn routes() -> Router<Arc<DashboardState>> {
    Router::new()
        .route("/dashboard/numbers", get(list::show))
        .route("/dashboard/numbers/{id}", get(one::show).post(one::change))
        .route("/dashboard/numbers/{id}/primary", post(one::make_primary))
        .route("/dashboard/numbers/{id}/release", get(release::show).post(release::release))
}

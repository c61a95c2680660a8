//! A customer's numbers: the table of them, one of them with what can be done to it, and recording one that lives elsewhere.

mod list;
mod record;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::DashboardState;

pub(crate) use record::{Number, type_label};

pub(crate) fn routes() -> Router<Arc<DashboardState>> {
    Router::new().route("/dashboard/numbers", get(list::show))
}

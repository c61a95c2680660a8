//! What comparing Twilio's books with ours found: the latest report with each finding in words and its repair beside it, the
//! reports before it, and comparing again.

mod findings;
mod page;
mod record;
mod summary;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::DashboardState;

pub(super) use record::{Report, Reports};

/// Where it is.
pub(super) const RECONCILIATION: &str = "/operator/reconciliation";

pub(super) fn routes() -> Router<Arc<DashboardState>> {
    Router::new().route(RECONCILIATION, get(page::show).post(page::act))
}

//! Numbers as an operator meets them: those whose release waits for a decision, numbers of failed orders that nobody has, and
//! each from both sides, by our books and by what Twilio says at this moment, with what can be decided about it.

mod advice;
mod decisions;
mod list;
mod one;
mod record;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::DashboardState;
use crate::api::segment;

/// Where they are.
pub(super) const NUMBERS: &str = "/operator/numbers";

pub(super) use decisions::{Adoption, adopt, write_off};
pub(super) use record::{AtTwilio, Difference, Dossier};

pub(super) fn routes() -> Router<Arc<DashboardState>> {
    Router::new()
        .route(NUMBERS, get(list::show))
        .route("/operator/numbers/{name}", get(one::show).post(one::decide))
}

/// The page of a number: by our id, by Twilio's, or by itself.
pub(super) fn page_of(name: &str) -> String {
    format!("{NUMBERS}/{}", segment(name))
}

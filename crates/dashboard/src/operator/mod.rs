//! What operators watch and decide: whether numbers are sold and for how long Twilio's balance lasts, what waits for a decision, what
//! reconciliations found, what customers have and owe, and who did what.
//!
//! *Invariants*: nobody but an operator gets past the layer around these pages (`router.rs`), and the API asks again; every decision
//! takes a reason, which the audit trail keeps.

mod decision;
mod numbers;
mod orders;
mod overview;
mod reconciliation;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::DashboardState;
use crate::link::Tab;

/// Where operators begin.
pub(crate) const OVERVIEW: &str = "/operator";

pub(crate) fn routes() -> Router<Arc<DashboardState>> {
    Router::new()
        .route(OVERVIEW, get(overview::show))
        .merge(orders::routes())
        .merge(reconciliation::routes())
        .merge(numbers::routes())
}

/// The pages of this section.
fn tabs(here: &str) -> Vec<Tab> {
    let pages = [
        (OVERVIEW, "Overview"),
        (orders::ORDERS, "Orders"),
        (reconciliation::RECONCILIATION, "Reconciliation"),
        (numbers::NUMBERS, "Numbers that wait"),
    ];
    let tab =
        |(path, text): (&str, &'static str)| Tab { address: path.to_owned(), text, is_here: path == here };
    pages.into_iter().map(tab).collect()
}

//! What operators watch and decide: whether numbers are sold and for how long Twilio's balance lasts, what waits for a decision, what
//! reconciliations found, what customers have and owe, and who did what.
//!
//! *Invariants*: nobody but an operator gets past the layer around these pages (`router.rs`), and the API asks again; every decision
//! but a repair takes a reason, which the audit trail keeps. A form that moves money carries a key, under which it does so once.

mod alarms;
mod approvals;
mod audit;
mod balance;
mod customer;
mod customers;
mod decision;
mod numbers;
mod orders;
mod overview;
mod prices;
mod reconciliation;
mod record;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::DashboardState;
use crate::form::Field;
use crate::link::Tab;

/// Where operators begin.
pub(crate) const OVERVIEW: &str = "/operator";
const ALARMS: &str = "/operator/alarms";
const APPROVALS: &str = "/operator/approvals";
const USERS: &str = "/operator/users";
const PRICES: &str = "/operator/prices";
const AUDIT: &str = "/operator/audit";

pub(crate) fn routes() -> Router<Arc<DashboardState>> {
    Router::new()
        .route(OVERVIEW, get(overview::show).post(overview::switch))
        .route("/operator/balance", get(balance::show))
        .route(ALARMS, get(alarms::list).post(alarms::end))
        .route(APPROVALS, get(approvals::list).post(approvals::decide))
        .route(USERS, get(customers::list))
        .route("/operator/users/{id}", get(customer::show).post(customer::change))
        .route(PRICES, get(prices::list))
        .route(AUDIT, get(audit::list))
        .route("/operator/audit.csv", get(audit::sheet))
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
        (ALARMS, "Alarms"),
        (APPROVALS, "Approvals"),
        (USERS, "Customers"),
        (PRICES, "Prices"),
        (AUDIT, "Audit"),
    ];
    let tab =
        |(path, text): (&str, &'static str)| Tab { address: path.to_owned(), text, is_here: path == here };
    pages.into_iter().map(tab).collect()
}

/// Why an operator decides as they do. Several forms of a page have one, each under an id of its own.
fn reason(id: impl Into<String>) -> Field {
    Field { id: id.into(), ..Field::new("reason", "Reason") }.required()
}

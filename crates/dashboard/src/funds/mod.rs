//! A customer's money: wallets and adding to them, the history, automatic top-ups, statements, and notices.
//!
//! *Invariants*: nothing is charged by a page here; money comes in on Stripe's own page, to which the API leads. A form that opens
//! such a page carries a key, so a double click, a reload or the back button leads to the same one.

mod add;
mod chart;
mod notices;
mod record;
mod show;
mod statements;
mod top_up;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use trunkline_domain::Currency;

use crate::DashboardState;
use crate::link::{Tab, link};

pub(crate) use record::{Transactions, Wallets, money};
pub(crate) use show::{Line, lines, passed_on};

const FUNDS: &str = "/dashboard/funds";
const TOP_UP: &str = "/dashboard/funds/top-up";
const STATEMENTS: &str = "/dashboard/funds/statements";
const NOTICES: &str = "/dashboard/funds/notices";

pub(crate) fn routes() -> Router<Arc<DashboardState>> {
    Router::new()
        .route(FUNDS, get(show::show).post(add::add))
        .route("/dashboard/funds/transactions.csv", get(show::sheet))
        .route(TOP_UP, get(top_up::show).post(top_up::change))
        .route(STATEMENTS, get(statements::list))
        .route("/dashboard/funds/statements/{month}/csv", get(statements::sheet))
        .route("/dashboard/funds/statements/{month}/print", get(statements::printed))
        .route(NOTICES, get(notices::show).post(notices::change))
}

/// The pages of this section, all of the same wallet.
fn tabs(here: &str, currency: Currency) -> Vec<Tab> {
    let pages =
        [(FUNDS, "Balance"), (TOP_UP, "Automatic top-up"), (STATEMENTS, "Statements"), (NOTICES, "Notices")];
    let tab = |(path, text): (&str, &'static str)| Tab {
        address: link(path, &[("currency", currency.code())]),
        text,
        is_here: path == here,
    };
    pages.into_iter().map(tab).collect()
}

/// The currency that an address or a form names: the deployment's own where it names none, or one that does not exist.
fn currency_of(state: &DashboardState, named: &str) -> Currency {
    named.trim().parse().unwrap_or(state.settings.default_currency)
}

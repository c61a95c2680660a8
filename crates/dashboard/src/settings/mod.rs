//! What a customer sets up: businesses and who works with them, API keys; and what limits them.

mod business;
mod businesses;
mod keys;
mod limits;
mod record;

use std::sync::Arc;

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;

use crate::DashboardState;
use crate::api::Api;
use crate::businesses::BusinessPage;
use crate::format::Formats;
use crate::link::Tab;
use crate::refusal::Refusal;
use crate::visitor::Visit;

pub(crate) use limits::{Row as LimitRow, rows as limit_rows};
pub(crate) use record::LimitsAnswer;

const SETTINGS: &str = "/dashboard/settings";
const BUSINESSES: &str = "/dashboard/settings/businesses";
const KEYS: &str = "/dashboard/settings/keys";
/// Where somebody is signed in (`signing_in::sessions`).
pub(crate) const SESSIONS: &str = "/dashboard/settings/sessions";
const LIMITS: &str = "/dashboard/settings/limits";

pub(crate) fn routes() -> Router<Arc<DashboardState>> {
    Router::new()
        .route(SETTINGS, get(|| async { Redirect::to(BUSINESSES) }))
        .route(BUSINESSES, get(businesses::list).post(businesses::add))
        .route("/dashboard/settings/businesses/{id}", get(business::show).post(business::change))
        .route(KEYS, get(keys::list).post(keys::change))
}

/// What limits somebody who buys.
pub(crate) fn own_routes() -> Router<Arc<DashboardState>> {
    Router::new().route(LIMITS, get(limits::show))
}

/// The pages of this section. Operators have no limits, and set those of others on pages of their own.
pub(crate) fn tabs(state: &DashboardState, visit: &Visit, here: &str) -> Vec<Tab> {
    let pages = [(BUSINESSES, "Businesses"), (KEYS, "API keys"), (SESSIONS, "Sessions"), (LIMITS, "Limits")];
    let shown = pages.into_iter().filter(|(path, _)| match *path {
        LIMITS => !visit.visitor.is_operator(),
        SESSIONS => state.sessions.is_some(),
        _ => true,
    });
    let tab =
        |(path, text): (&str, &'static str)| Tab { address: path.to_owned(), text, is_here: path == here };
    shown.map(tab).collect()
}

/// How a visitor's own times are written, such as those of their wallet: in the zone of their businesses, if that is one; else
/// in UTC.
pub(crate) async fn formats_of(api: &Api<'_>, visit: &Visit) -> Result<Formats, Refusal> {
    let listed: BusinessPage = api.get("/api/businesses", &()).await?;
    let mut zones: Vec<_> =
        listed.businesses.iter().filter_map(|business| business.time_zone.as_deref()).collect();
    zones.sort_unstable();
    zones.dedup();
    let only = if let [zone] = zones.as_slice() { Some(*zone) } else { None };
    Ok(visit.formats.in_zone(only))
}

//! The pages for people, beside the API.

use axum::Router;
use trunkline_dashboard::{Banner, DashboardSettings, DashboardState};
use trunkline_http::{ApiState, ApiWithin};
use trunkline_sessions::Sessions;
use url::Url;

use crate::settings::Settings;

/// Where Stripe's own pages are.
const CHECKOUT: &str = "https://checkout.stripe.com";

/// The API with the pages. Without a public address there are none: forms are told from other sites' by it.
pub(crate) fn router(settings: &Settings, api: ApiState, sessions: Sessions, banner: Banner) -> Router {
    let Some(public_url) = settings.public_url.clone() else { return trunkline_http::router(api) };
    let pages = trunkline_dashboard::pages(DashboardState {
        api: ApiWithin::new(api.clone()),
        sessions: Some(sessions),
        settings: DashboardSettings {
            public_url,
            default_currency: settings.default_currency,
            payment_origins: payment_origins(settings),
            banner,
        },
    });
    trunkline_http::router_with(api, pages)
}

fn payment_origins(settings: &Settings) -> Vec<String> {
    let Some(payments) = &settings.payments else { return Vec::new() };
    let elsewhere = payments.api_url.as_ref().map(|url: &Url| url.origin().ascii_serialization());
    vec![elsewhere.unwrap_or_else(|| CHECKOUT.to_owned())]
}

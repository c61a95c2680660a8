//! The pages for people, beside the API.

use axum::Router;
use trunkline_dashboard::{DashboardSettings, DashboardState};
use trunkline_http::{ApiState, ApiWithin};
use url::Url;

use crate::settings::Settings;

/// Where Stripe's own pages are.
const CHECKOUT: &str = "https://checkout.stripe.com";

/// The API with the pages. Without a public address there are none: forms are told from other sites' by it.
pub(crate) fn router(settings: &Settings, api: ApiState) -> Router {
    let pages = settings.public_url.clone().map(|public_url| {
        trunkline_dashboard::pages(DashboardState {
            api: ApiWithin::new(api.clone()),
            settings: DashboardSettings {
                public_url,
                default_currency: settings.default_currency,
                payment_origins: payment_origins(settings),
                banner: settings.banner.map(ToOwned::to_owned),
            },
        })
    });
    let pages = pages.unwrap_or_default();
    let pages = match std::env::var("DEV_VISITOR") {
        Ok(user) => pages.layer(axum::Extension(dev_visitor(&user))),
        Err(_) => pages,
    };
    trunkline_http::router_with(api, pages)
}

fn dev_visitor(name: &str) -> trunkline_dashboard::Visitor {
    use trunkline_tenancy::{KeyScopes, Principal, PrincipalKind};
    let principal = match name.strip_prefix("operator:").and_then(|id| id.parse().ok()) {
        Some(key) => Principal {
            kind: PrincipalKind::Operator { key },
            scopes: KeyScopes::OF_AN_OPERATOR,
            ends_at: None,
        },
        None => Principal {
            kind: PrincipalKind::User { user: name.parse().expect("user"), key: None },
            scopes: KeyScopes::OF_A_USER,
            ends_at: None,
        },
    };
    trunkline_dashboard::Visitor { principal, name: name.to_owned() }
}

fn payment_origins(settings: &Settings) -> Vec<String> {
    let Some(payments) = &settings.payments else { return Vec::new() };
    let elsewhere = payments.api_url.as_ref().map(|url: &Url| url.origin().ascii_serialization());
    vec![elsewhere.unwrap_or_else(|| CHECKOUT.to_owned())]
}

//! What the pages work with.

use trunkline_domain::Currency;
use trunkline_http::ApiWithin;
use trunkline_sessions::Sessions;
use url::Url;

/// What the pages work with.
#[derive(Clone)]
pub struct DashboardState {
    /// The API, as its pages call it.
    pub api: ApiWithin,
    /// Who is signed in; `None` where the host around these pages signs people in, and layers a [`Visitor`](crate::Visitor) as
    /// an extension onto each of their requests.
    pub sessions: Option<Sessions>,
    /// What the pages are told.
    pub settings: DashboardSettings,
}

/// What the pages are told.
#[derive(Debug, Clone)]
pub struct DashboardSettings {
    /// Under which address browsers know this server. Forms are taken from its pages alone, and cookies are kept to https where
    /// it is https.
    pub public_url: Url,
    /// The currency in which a visitor's wallet is shown first.
    pub default_currency: Currency,
    /// Where else a form may lead: the pages on which customers pay.
    pub payment_origins: Vec<String>,
    /// What everybody shall know about this deployment: that it is a sandbox, or a trial account.
    pub banner: Option<String>,
}

//! What the pages work with.

use std::sync::{Arc, PoisonError, RwLock};

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
    /// What everybody shall know about this deployment.
    pub banner: Banner,
}

/// What stands above every page, for everybody: that this is a sandbox, or an account on trial. Clones are the same banner, so
/// whoever keeps one can change it while pages are shown.
#[derive(Debug, Clone, Default)]
pub struct Banner(Arc<RwLock<Option<String>>>);

impl Banner {
    /// Says this from now on; nothing where it is `None`.
    pub fn say(&self, text: Option<String>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = text;
    }

    /// What it says.
    pub fn text(&self) -> Option<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

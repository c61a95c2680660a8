//! What the routes work with, and the settings of the edge.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use trunkline_alarms::AlarmDesk;
use trunkline_domain::Currency;
use trunkline_notices::Notices;
use trunkline_payments::{Payments, TopUps};
use trunkline_provisioning::{Limits, Provisioning, Runway, Sales};
use trunkline_tenancy::{AuditTrail, Tenancy};
use trunkline_voice::Voice;
use trunkline_wallet::{Statements, Wallets};
use url::Url;

use crate::{AllowedOrigin, RateLimiter, Readiness};

/// The services behind the API.
#[derive(Clone)]
pub struct ApiState {
    /// Searching, buying, holding, releasing.
    pub provisioning: Provisioning,
    /// Balances and credits.
    pub wallets: Wallets,
    /// Customers' payments; `None` where they are not configured.
    pub payments: Option<Payments>,
    /// Their automatic top-ups; `None` where payments are not configured.
    pub top_ups: Option<TopUps>,
    /// Wallets by month.
    pub statements: Statements,
    /// At which balances users are told, and what they were told.
    pub notices: Notices,
    /// Callers, users, businesses.
    pub tenancy: Tenancy,
    /// Who did what.
    pub audit: AuditTrail,
    /// What happens on a call or text.
    pub voice: Voice,
    /// The switch of sales.
    pub sales: Sales,
    /// What limits users.
    pub limits: Limits,
    /// The money at the provider.
    pub runway: Runway,
    /// What operators are woken for.
    pub alarms: AlarmDesk,
    /// Under which auth tokens Twilio may sign its webhooks; none where Twilio is not configured, and then every
    /// webhook is refused. Two while a token is being changed.
    pub webhook_auth_tokens: Vec<SecretString>,
    /// The address under which Twilio reaches this server. Signatures are verified against it, never against the
    /// `Host` header.
    pub public_url: Option<Url>,
    /// How often callers may ask.
    pub rates: RateLimiter,
    /// Limits and defaults.
    pub settings: HttpSettings,
    /// Whether the server can do its work.
    pub readiness: Arc<dyn Readiness>,
}

/// Limits and defaults of the edge.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// The currency of requests that name none.
    pub default_currency: Currency,
    /// The largest body that is read, in bytes.
    pub body_limit: usize,
    /// How long a request may take. Must be longer than a purchase waits (`purchase_wait` and `repeat_wait` of
    /// provisioning together), else clients never hear that an order is pending.
    pub request_timeout: Duration,
    /// How long the whole body of a request may take to arrive, once it is asked for.
    pub body_timeout: Duration,
    /// How many requests are answered at once; webhooks have as many places of their own. One more is refused.
    pub requests_at_once: usize,
    /// The browser front ends that may call; none is off.
    pub cors_allowed_origins: Vec<AllowedOrigin>,
}

impl HttpSettings {
    /// The defaults: bodies of 64 KiB in 15 seconds, a minute for a request, 512 requests at once, no browser front ends.
    pub const fn new(default_currency: Currency) -> Self {
        Self {
            default_currency,
            body_limit: 64 * 1024,
            request_timeout: Duration::from_mins(1),
            body_timeout: Duration::from_secs(15),
            requests_at_once: 512,
            cors_allowed_origins: Vec::new(),
        }
    }
}

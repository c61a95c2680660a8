//! The API over one SQLite file, as both kinds of tests of pages have it behind them; and who looks at its pages.

use std::num::NonZeroU32;
use std::sync::Arc;

use trunkline_alarms::{AlarmDesk, DeskParts, DeskSettings};
use trunkline_dashboard::Visitor;
use trunkline_domain::{ApiKeyId, Clock, Currency, IdSource, RandomIds, SystemClock, UserId};
use trunkline_http::{ApiState, HttpSettings, Rate, RateLimiter, RateSettings, StoreReadiness};
use trunkline_notices::{MailRoute, NoticeParts, Notices};
use trunkline_payments::{Payments, TopUps};
use trunkline_persistence::SqliteStore;
use trunkline_provisioning::{
    Limits, Provisioning, ProvisioningCauses, ProvisioningParts, ProvisioningSettings, Runway, Sales,
    UserLimits,
};
use trunkline_tenancy::{AuditTrail, KeyScopes, Principal, PrincipalKind, Tenancy};
use trunkline_voice::Voice;
use trunkline_wallet::{Statements, Wallets};
use uuid::Uuid;

/// Under which address browsers know the pages.
pub(crate) const HERE: &str = "https://numbers.example.com";

/// How often strangers may ask.
const A_FEW: Rate = Rate { per_second: NonZeroU32::MIN, burst: NonZeroU32::new(20).unwrap() };

pub(crate) fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

/// A user by their id, or one of the two operators.
pub(crate) fn visitor(name: &str) -> Visitor {
    let (kind, scopes) = match name {
        "operator" | "second operator" => {
            let key = if name == "operator" { 9 } else { 10 };
            let key = ApiKeyId::from_uuid(Uuid::from_u128(key));
            (PrincipalKind::Operator { key }, KeyScopes::OF_AN_OPERATOR)
        }
        name => (PrincipalKind::User { user: user(name), key: None }, KeyScopes::OF_A_USER),
    };
    Visitor { principal: Principal { kind, scopes, ends_at: None }, name: name.to_owned() }
}

/// Every service of the API, over one store.
pub(crate) fn api_state(
    store: &Arc<SqliteStore>,
    parts: ProvisioningParts,
    settings: ProvisioningSettings,
    payments: Option<Payments>,
    top_ups: Option<TopUps>,
) -> ApiState {
    let (clock, ids): (Arc<dyn Clock>, Arc<dyn IdSource>) = (Arc::new(SystemClock), Arc::new(RandomIds));
    let desk = DeskParts {
        store: store.clone(),
        causes: Arc::new(ProvisioningCauses::new(parts.clone(), &settings)),
        courier: None,
        clock: clock.clone(),
        ids: ids.clone(),
    };
    let notices = NoticeParts {
        alerts: store.clone(),
        notices: store.clone(),
        clock: clock.clone(),
        everybody: "5 USD".parse().unwrap(),
        mail: MailRoute::Missing,
    };
    ApiState {
        sales: Sales::new(store.clone(), clock.clone()),
        limits: Limits::new(store.clone(), clock.clone(), UserLimits::NONE),
        runway: Runway::new(parts.clone(), store.clone(), None),
        alarms: AlarmDesk::new(desk, DeskSettings::default()),
        notices: Notices::new(notices),
        provisioning: Provisioning::new(parts, settings).unwrap(),
        payments,
        top_ups,
        wallets: Wallets::new(store.clone(), clock.clone(), ids.clone()),
        statements: Statements::new(store.clone(), clock.clone()),
        tenancy: Tenancy::new(store.clone(), clock.clone(), ids),
        audit: AuditTrail::new(store.clone()),
        voice: Voice::new(store.clone()),
        webhook_auth_tokens: Vec::new(),
        public_url: Some(HERE.parse().unwrap()),
        rates: RateLimiter::new(RateSettings { per_address: Some(A_FEW), ..RateSettings::default() }),
        settings: HttpSettings::new(Currency::USD),
        readiness: Arc::new(StoreReadiness::new(store.clone(), clock)),
    }
}

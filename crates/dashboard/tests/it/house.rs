//! A house of its own for each test: the pages over the real API, on a SQLite file, with a simulated Stripe where customers can
//! pay. Visitors are let in as a session would let them in.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use tempfile::TempDir;
use tower::ServiceExt;
use trunkline_alarms::{AlarmDesk, DeskParts, DeskSettings, LoggedAlarms};
use trunkline_dashboard::{DashboardSettings, DashboardState, Visitor, pages};
use trunkline_domain::{
    Clock, Currency, IdSource, Money, Origin, PriceBook, RandomIds, SystemClock, UserId, WebhookUrls,
};
use trunkline_http::{
    ApiState, ApiWithin, HttpSettings, RateLimiter, RateSettings, StoreReadiness, TrustedProxies,
};
use trunkline_notices::{DefaultThresholds, MailRoute, NoticeParts, Notices};
use trunkline_payments::{
    PaymentBounds, PaymentParts, PaymentTerms, Payments, ReturnPages, StripeConfig, StripeGateway, TopUp,
    TopUpSettings, TopUps,
};
use trunkline_persistence::{SqliteOptions, SqliteStore};
use trunkline_provider::Unconfigured;
use trunkline_provisioning::{
    CurrentPrices, Limits, Provisioning, ProvisioningCauses, ProvisioningParts, ProvisioningSettings, Runway,
    Sales, UserLimits,
};
use trunkline_stripe_sim::{Simulator, SimulatorConfig, sign};
use trunkline_tenancy::{
    AddUserCommand, AuditTrail, KeyHolder, KeyLimits, KeyScopes, MakeKeyCommand, Principal, PrincipalKind,
    Tenancy,
};
use trunkline_voice::Voice;
use trunkline_wallet::{CreditCommand, Statements, Wallets};
use uuid::Uuid;

const HERE: &str = "https://numbers.example";
const WEBHOOK_SECRET: &str = "whsec_test";

pub(crate) struct House {
    router: Router,
    pub(crate) wallets: Wallets,
    pub(crate) payments: Option<Payments>,
    top_ups: Option<TopUps>,
    pub(crate) tenancy: Tenancy,
    stripe: Option<Simulator>,
    _folder: TempDir,
}

/// What a browser gets.
pub(crate) struct Seen {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Seen {
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.body.contains(text), "`{text}` is not in {} {}", self.status, self.body);
        self
    }

    #[track_caller]
    pub(crate) fn does_not_say(&self, text: &str) -> &Self {
        assert!(!self.body.contains(text), "`{text}` is in {}", self.body);
        self
    }

    /// Where a form led.
    #[track_caller]
    pub(crate) fn leads_to(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        self.headers[header::LOCATION].to_str().unwrap()
    }

    /// What stands in the first field with this name.
    #[track_caller]
    pub(crate) fn value_of(&self, name: &str) -> &str {
        let at = self.body.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("no field {name}"));
        let field = self.body[at..].split('>').next().unwrap();
        field.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default()
    }
}

impl House {
    /// Where customers can pay.
    pub(crate) async fn with_stripe() -> Self {
        let config = SimulatorConfig::new("sk_test_1");
        let stripe = Simulator::start(([127, 0, 0, 1], 0).into(), config).await.unwrap();
        Self::furnish(Some(stripe)).await
    }

    /// Where only the operator puts money into wallets.
    pub(crate) async fn without_stripe() -> Self {
        Self::furnish(None).await
    }

    async fn furnish(stripe: Option<Simulator>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options =
            SqliteOptions { read_connections: 2, ..SqliteOptions::new(folder.path().join("pages.db")) };
        SqliteStore::migrate(&options, &SystemClock).await.unwrap();
        let store = Arc::new(SqliteStore::open(options, Arc::new(SystemClock)).await.unwrap());
        let tenancy = Tenancy::new(store.clone(), Arc::new(SystemClock), Arc::new(RandomIds));
        for name in ["ann", "ben"] {
            let command =
                AddUserCommand { id: name.parse().unwrap(), email: None, origin: Origin::command_line() };
            tenancy.add_user(command).await.unwrap();
        }
        let payments = stripe.as_ref().map(|stripe| payments(&store, stripe));
        let top_ups = payments
            .clone()
            .map(|payments| TopUps::new(payments, TopUpSettings { cool_down: Duration::from_hours(1) }));
        let state = state(&store, tenancy.clone(), payments.clone(), top_ups.clone());
        let wallets = state.wallets.clone();
        let settings = DashboardSettings {
            public_url: HERE.parse().unwrap(),
            default_currency: Currency::USD,
            payment_origins: stripe.iter().map(Simulator::url).collect(),
            banner: None,
        };
        let router =
            pages(DashboardState { api: ApiWithin::new(state), sessions: None, settings }).with_state(());
        Self { router, wallets, payments, top_ups, tenancy, stripe, _folder: folder }
    }

    pub(crate) fn stripe(&self) -> &Simulator {
        self.stripe.as_ref().unwrap()
    }

    pub(crate) async fn get(&self, who: &str, path: &str) -> Seen {
        self.send(who, Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Sends a form of a page here.
    pub(crate) async fn post(&self, who: &str, path: &str, form: &[(&str, &str)]) -> Seen {
        let body = Body::from(serde_urlencoded::to_string(form).unwrap());
        let request = Request::builder().method(Method::POST).uri(path);
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(who, request.header(header::ORIGIN, HERE).body(body).unwrap()).await
    }

    async fn send(&self, who: &str, mut request: Request<Body>) -> Seen {
        request.extensions_mut().insert(visitor(who));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Seen { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// What is stored of an automatic top-up.
    pub(crate) async fn top_up(&self, who: &str, currency: Currency) -> Option<TopUp> {
        self.top_ups.as_ref().unwrap().top_up(&user(who), currency).await.unwrap()
    }

    /// Puts money into a wallet.
    pub(crate) async fn credit(&self, who: &str, sum: &str, reason: &str) {
        let (amount, currency) = sum.split_once(' ').unwrap();
        let command = CreditCommand {
            user: who.parse().unwrap(),
            amount: Money::parse(amount, currency.parse().unwrap()).unwrap(),
            reason: reason.to_owned(),
            request: None,
            origin: Origin::command_line(),
        };
        self.wallets.credit(command).await.unwrap();
    }

    /// Has everything heard that Stripe has to tell.
    pub(crate) async fn hear(&self) {
        let (top_ups, bank) = (self.top_ups.as_ref().unwrap(), self.stripe().admin());
        for event in bank.events() {
            let body = event.to_string();
            let signature = sign(&body, &[WEBHOOK_SECRET.to_owned()], SystemClock.now().timestamp());
            top_ups.hear(body.as_bytes(), &signature).await.unwrap();
        }
    }

    pub(crate) async fn key_of(&self, who: &str) -> String {
        let command = MakeKeyCommand {
            holder: KeyHolder::User { user: who.parse().unwrap() },
            name: Some("stored".to_owned()),
            scopes: None,
            expires_at: None,
            limits: KeyLimits::NONE,
            origin: Origin::command_line(),
        };
        self.tenancy.make_key(command).await.unwrap().key.id.to_string()
    }
}

/// A user by their id, or the operator.
fn visitor(who: &str) -> Visitor {
    let (kind, scopes) = if who == "operator" {
        let key = trunkline_domain::ApiKeyId::from_uuid(Uuid::nil());
        (PrincipalKind::Operator { key }, KeyScopes::OF_AN_OPERATOR)
    } else {
        (PrincipalKind::User { user: user(who), key: None }, KeyScopes::OF_A_USER)
    };
    Visitor { principal: Principal { kind, scopes, ends_at: None }, name: who.to_owned() }
}

pub(crate) fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

fn payments(store: &Arc<SqliteStore>, stripe: &Simulator) -> Payments {
    let secrets = vec![WEBHOOK_SECRET.into()];
    let mut config = StripeConfig::new("sk_test_1".into(), secrets, store.deployment().to_string());
    config.api_url = stripe.url().parse().unwrap();
    let http = StripeGateway::http_client(&config).unwrap();
    let page = |name: &str| format!("{HERE}/payment/{name}").parse().unwrap();
    let (least, most) = ("5.00 USD".parse().unwrap(), "1000.00 USD".parse().unwrap());
    let terms = PaymentTerms {
        deployment: store.deployment(),
        bounds: PaymentBounds::new(least, most, None).unwrap(),
        pages: ReturnPages { done: page("done"), cancelled: page("cancelled") },
        look_after: Duration::from_mins(5),
    };
    let parts = PaymentParts {
        gateway: Arc::new(StripeGateway::new(http, config)),
        store: store.clone(),
        top_ups: store.clone(),
        alerts: store.clone(),
        mail: MailRoute::Missing,
        clock: Arc::new(SystemClock),
        ids: Arc::new(RandomIds),
        alarms: Arc::new(LoggedAlarms),
    };
    Payments::new(parts, terms)
}

fn state(
    store: &Arc<SqliteStore>,
    tenancy: Tenancy,
    payments: Option<Payments>,
    top_ups: Option<TopUps>,
) -> ApiState {
    let (clock, ids): (Arc<dyn Clock>, Arc<dyn IdSource>) = (Arc::new(SystemClock), Arc::new(RandomIds));
    let prices = CurrentPrices::new(PriceBook::embedded().unwrap());
    let parts = ProvisioningParts::over(store, Arc::new(Unconfigured), store.clone(), prices);
    let settings = ProvisioningSettings::new(store.deployment(), WebhookUrls::default());
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
        everybody: DefaultThresholds::NONE,
        mail: MailRoute::Missing,
    };
    let nobody_is_counted =
        RateSettings { per_caller: None, per_address: None, trusted_proxies: TrustedProxies::NONE };
    ApiState {
        sales: Sales::new(store.clone(), clock.clone()),
        limits: Limits::new(store.clone(), clock.clone(), UserLimits::NONE),
        runway: Runway::new(parts.clone(), store.clone(), None),
        alarms: AlarmDesk::new(desk, DeskSettings::default()),
        notices: Notices::new(notices),
        provisioning: Provisioning::new(parts, settings).unwrap(),
        payments,
        top_ups,
        wallets: Wallets::new(store.clone(), clock.clone(), ids),
        statements: Statements::new(store.clone(), clock.clone()),
        tenancy,
        audit: AuditTrail::new(store.clone()),
        voice: Voice::new(store.clone()),
        webhook_auth_tokens: Vec::new(),
        public_url: Some(HERE.parse().unwrap()),
        rates: RateLimiter::new(nobody_is_counted),
        settings: HttpSettings::new(Currency::USD),
        readiness: Arc::new(StoreReadiness::new(store.clone(), clock)),
    }
}

//! A house of its own for each test: the pages over the real API, on a SQLite file, with a simulated Stripe where customers can
//! pay. Visitors are let in as a session would let them in.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use tempfile::TempDir;
use tower::ServiceExt;
use trunkline_alarms::{AlarmDesk, LoggedAlarms};
use trunkline_dashboard::{Banner, DashboardSettings, DashboardState, pages};
use trunkline_domain::{Clock, Currency, Money, Origin, PriceBook, RandomIds, SystemClock, WebhookUrls};
use trunkline_http::ApiWithin;
use trunkline_notices::MailRoute;
use trunkline_payments::{
    PaymentBounds, PaymentParts, PaymentTerms, Payments, ReturnPages, StripeConfig, StripeGateway, TopUp,
    TopUpSettings, TopUps,
};
use trunkline_persistence::{SqliteOptions, SqliteStore};
use trunkline_provider::Unconfigured;
use trunkline_provisioning::{CurrentPrices, ProvisioningParts, ProvisioningSettings, Sales};
use trunkline_stripe_sim::{Simulator, SimulatorConfig, sign};
use trunkline_tenancy::{AddUserCommand, KeyHolder, KeyLimits, MakeKeyCommand, Tenancy};
use trunkline_wallet::{CreditCommand, Wallets};

use crate::services::{HERE, api_state, user, visitor};

const WEBHOOK_SECRET: &str = "whsec_test";

pub(crate) struct House {
    router: Router,
    pub(crate) wallets: Wallets,
    pub(crate) payments: Option<Payments>,
    top_ups: Option<TopUps>,
    pub(crate) tenancy: Tenancy,
    pub(crate) sales: Sales,
    pub(crate) alarms: AlarmDesk,
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
        Self::furnish(Some(stripe), None).await
    }

    /// Where only the operator puts money into wallets.
    pub(crate) async fn without_stripe() -> Self {
        Self::furnish(None, None).await
    }

    /// Where more than a sum takes two operators to move.
    pub(crate) async fn with_approvals_above(sum: &str) -> Self {
        Self::furnish(None, Some(sum)).await
    }

    async fn furnish(stripe: Option<Simulator>, approvals_above: Option<&str>) -> Self {
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
        let prices = CurrentPrices::new(PriceBook::embedded().unwrap());
        let parts = ProvisioningParts::over(&store, Arc::new(Unconfigured), store.clone(), prices);
        let times = ProvisioningSettings::new(store.deployment(), WebhookUrls::default());
        let mut state = api_state(&store, parts, times, payments.clone(), top_ups.clone());
        state.wallets = state.wallets.with_approvals_above(approvals_above.map(|sum| sum.parse().unwrap()));
        let (wallets, sales, alarms) = (state.wallets.clone(), state.sales.clone(), state.alarms.clone());
        let settings = DashboardSettings {
            public_url: HERE.parse().unwrap(),
            default_currency: Currency::USD,
            payment_origins: stripe.iter().map(Simulator::url).collect(),
            banner: Banner::default(),
        };
        let router =
            pages(DashboardState { api: ApiWithin::new(state), sessions: None, settings }).with_state(());
        Self { router, wallets, payments, top_ups, tenancy, sales, alarms, stripe, _folder: folder }
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

    /// A page as somebody sees it whom nobody knows.
    pub(crate) async fn get_as_a_stranger(&self, path: &str) -> Seen {
        self.answer(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn send(&self, who: &str, mut request: Request<Body>) -> Seen {
        request.extensions_mut().insert(visitor(who));
        self.answer(request).await
    }

    async fn answer(&self, request: Request<Body>) -> Seen {
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

//! The world of a test: the pages over the real services, with a SQLite file of their own and a simulated Twilio.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, header};
use axum::{Extension, Router};
use secrecy::SecretString;
use tempfile::TempDir;
use tower::ServiceExt;
use trunkline_dashboard::{Banner, DashboardSettings, DashboardState, pages};
use trunkline_domain::{
    BusinessId, Currency, Money, NumberId, NumberKind, Order, OrderId, OrderState, Origin, OwnedNumber,
    PriceBook, SystemClock, WebhookUrls,
};
use trunkline_http::{ApiState, ApiWithin};
use trunkline_persistence::{SqliteOptions, SqliteStore};
use trunkline_provisioning::port::{NumberStore, Scope};
use trunkline_provisioning::{
    CurrentPrices, Provisioning, ProvisioningParts, ProvisioningSettings, PurchaseCommand, PurchaseOutcome,
    RecordCommand,
};
use trunkline_tenancy::{AddBusinessCommand, AddUserCommand, MemberRole, PutMemberCommand, Tenancy};
use trunkline_twilio::{TwilioClient, TwilioConfig};
use trunkline_twilio_sim::{AddressRequirements, Fault, FaultAction, NumberType, Simulator, SimulatorConfig};
use trunkline_wallet::{CreditCommand, Wallets};
use uuid::Uuid;

use crate::page::Page;
use crate::services::{HERE, api_state, user, visitor};

const ACCOUNT_SID: &str = "AC00000000000000000000000000000001";
const AUTH_TOKEN: &str = "test-auth-token";

/// The business that Ann has.
pub(crate) const BAKERY: BusinessId = BusinessId::from_uuid(Uuid::from_u128(1));
/// Another one of hers.
pub(crate) const CAFE: BusinessId = BusinessId::from_uuid(Uuid::from_u128(2));

/// Everything behind the pages.
pub(crate) struct World {
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) simulator: Simulator,
    pub(crate) provisioning: Provisioning,
    pub(crate) wallets: Wallets,
    tenancy: Tenancy,
    pages: Router,
    _folder: TempDir,
}

pub(crate) fn usd(amount: &str) -> Money {
    Money::parse(amount, Currency::USD).unwrap()
}

impl World {
    /// Ann has the bakery, the café and 100 dollars; Ben has nothing.
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteOptions::new(folder.path().join("trunkline.db"));
        SqliteStore::migrate(&options, &SystemClock).await.unwrap();
        let store = Arc::new(SqliteStore::open(options, Arc::new(SystemClock)).await.unwrap());
        let config = SimulatorConfig::new(ACCOUNT_SID, AUTH_TOKEN);
        let simulator = Simulator::start(SocketAddr::from(([127, 0, 0, 1], 0)), config).await.unwrap();
        let state = over_twilio(&store, &simulator);
        let provisioning = state.provisioning.clone();
        let (wallets, tenancy) = (state.wallets.clone(), state.tenancy.clone());
        let settings = DashboardSettings {
            public_url: HERE.parse().unwrap(),
            default_currency: Currency::USD,
            payment_origins: Vec::new(),
            banner: Banner::default(),
        };
        let pages = pages(DashboardState { api: ApiWithin::new(state), sessions: None, settings });
        let world = Self { store, simulator, provisioning, wallets, tenancy, pages, _folder: folder };
        world.settle_in().await;
        world
    }

    async fn settle_in(&self) {
        for name in ["ann", "ben"] {
            let add = AddUserCommand { id: user(name), email: None, origin: Origin::system() };
            self.tenancy.add_user(add).await.unwrap();
        }
        for (id, name) in [(BAKERY, "Bakery"), (CAFE, "Café & Bar")] {
            let add = AddBusinessCommand {
                id: Some(id),
                owner: user("ann"),
                name: name.to_owned().try_into().unwrap(),
                time_zone: Some("Europe/London".parse().unwrap()),
                origin: Origin::system(),
            };
            self.tenancy.add_business(add).await.unwrap();
        }
        let credit = CreditCommand {
            user: user("ann"),
            amount: usd("100"),
            reason: "for the test".to_owned(),
            request: None,
            origin: Origin::system(),
        };
        self.wallets.credit(credit).await.unwrap();
    }

    /// Makes Ben a member of the bakery.
    pub(crate) async fn share_with_ben(&self, role: MemberRole) {
        let put = PutMemberCommand {
            business: BAKERY,
            owner: user("ann"),
            member: user("ben"),
            role,
            origin: Origin::system(),
        };
        self.tenancy.put_member(put).await.unwrap();
    }

    /// Buys Ann a local number.
    pub(crate) async fn buy(&self, name: &str, business: Option<BusinessId>) -> OwnedNumber {
        match self.purchase(&self.free_number(), name, business).await {
            PurchaseOutcome::Completed(purchased) => purchased.number,
            PurchaseOutcome::Pending(order) => panic!("{order:?}"),
        }
    }

    /// A local number that nobody has and that needs no address.
    pub(crate) fn free_number(&self) -> String {
        let offered = self.simulator.admin().available("US", NumberType::Local);
        let offered = offered.iter().find(|number| number.address_requirements == AddressRequirements::None);
        offered.unwrap().phone_number.clone()
    }

    async fn purchase(&self, number: &str, name: &str, business: Option<BusinessId>) -> PurchaseOutcome {
        let command = PurchaseCommand {
            user: user("ann"),
            phone_number: number.parse().unwrap(),
            display_name: name.parse().unwrap(),
            business,
            country: None,
            number_type: None,
            currency: Currency::USD,
            max_amount: None,
            request: None,
            origin: Origin::system(),
        };
        self.provisioning.purchase(command).await.unwrap()
    }

    /// An order of Ann's whose number somebody renamed before its purchase could be seen: only a person can decide it.
    pub(crate) async fn order_in_review(&self) -> Order {
        let (twilio, number) = (self.simulator.admin(), self.free_number());
        let silence = Fault::new(FaultAction::NeverAnswer { act: true });
        twilio.script(silence.on("POST", "*/IncomingPhoneNumbers/Local.json"));
        let renaming = async {
            twilio.wait_for_owned(1).await;
            twilio.rename(&number, "somebody renamed this").unwrap();
        };
        let (outcome, ()) = tokio::join!(self.purchase(&number, "Front desk", None), renaming);
        let PurchaseOutcome::Pending(order) = outcome else { panic!("{outcome:?}") };
        let referred = async {
            loop {
                self.provisioning.run_once().await.unwrap();
                let order = self.order(order.id).await;
                if order.state == OrderState::Review {
                    return order;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), referred).await.unwrap()
    }

    /// An order as it is stored.
    pub(crate) async fn order(&self, id: OrderId) -> Order {
        self.provisioning.order(&Scope::Everyone, id).await.unwrap().unwrap()
    }

    /// What Ann can spend, and what is held.
    pub(crate) async fn money(&self) -> (Money, Money) {
        let balance = self.wallets.balance(&user("ann"), Currency::USD).await.unwrap();
        (balance.available().unwrap(), balance.held)
    }

    /// Records a number of somebody's that lives elsewhere.
    pub(crate) async fn record(&self, whose: &str, phone_number: &str, name: &str) -> OwnedNumber {
        let command = RecordCommand {
            user: user(whose),
            phone_number: phone_number.parse().unwrap(),
            display_name: name.parse().unwrap(),
            business: None,
            country: None,
            kind: NumberKind::Local,
            provider: "BT".to_owned(),
            monthly_cost: usd("2.50"),
            notes: None,
            origin: Origin::system(),
        };
        self.provisioning.record(command).await.unwrap()
    }

    /// A number as it is stored.
    pub(crate) async fn stored(&self, id: NumberId) -> OwnedNumber {
        self.store.number(&Scope::Everyone, id).await.unwrap().unwrap()
    }

    /// Looks at a page as somebody.
    pub(crate) async fn look(&self, who: &str, path: &str) -> Page {
        self.send(who, Request::get(path), Body::empty()).await
    }

    /// Sends a form as somebody, as the browser does in which its page was shown.
    pub(crate) async fn submit(&self, who: &str, path: &str, fields: &[(&str, &str)]) -> Page {
        let form = serde_urlencoded::to_string(fields).unwrap();
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(who, request, Body::from(form)).await
    }

    async fn send(&self, who: &str, request: axum::http::request::Builder, body: Body) -> Page {
        let pages = self.pages.clone().layer(Extension(visitor(who)));
        let request = request.header(header::ACCEPT_LANGUAGE, "en").body(body).unwrap();
        let response = pages.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let html = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().into()).unwrap();
        Page { status: parts.status, headers: parts.headers, html }
    }
}

/// The API over one store and the simulator.
fn over_twilio(store: &Arc<SqliteStore>, simulator: &Simulator) -> ApiState {
    let webhooks = WebhookUrls {
        voice_url: Some("https://numbers.example.com/voice".to_owned()),
        sms_url: Some("https://numbers.example.com/sms".to_owned()),
        status_callback_url: None,
    };
    // Whoever waits for a decision is not kept waiting.
    let settings = ProvisioningSettings {
        purchase_wait: Duration::from_millis(400),
        repeat_wait: Duration::from_millis(100),
        request_timeout: Duration::from_millis(800),
        send_window: Duration::from_secs(2),
        settle_margin: Duration::from_millis(200),
        look_gap: Duration::from_millis(300),
        void_after: Duration::from_millis(3_500),
        lease: Duration::from_secs(2),
        recovery_interval: Duration::from_millis(50),
        // What was made a moment ago is judged at once.
        reconcile_after: Duration::ZERO,
        ..ProvisioningSettings::new(store.deployment(), webhooks)
    };
    let mut config = TwilioConfig::new(ACCOUNT_SID.parse().unwrap(), SecretString::from(AUTH_TOKEN));
    config.base_url = simulator.url().parse().unwrap();
    config.request_timeout = settings.request_timeout;
    config.connect_timeout = settings.request_timeout / 2;
    let client = TwilioClient::new(TwilioClient::http_client(&config).unwrap(), config);
    let prices = CurrentPrices::new(PriceBook::embedded().unwrap());
    let parts = ProvisioningParts::over(store, Arc::new(client), Arc::<SqliteStore>::clone(store), prices);
    api_state(store, parts, settings, None, None)
}

//! Provisioning itself, in this process, over a real store and the simulated Twilio: for what a server's own interface
//! cannot show, such as callers that go away at one await, and clocks that disagree.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use tempfile::TempDir;
use trunkline_domain::{
    BusinessId, Clock, Currency, Money, NumberStatus, Order, Origin, OwnedNumber, PriceBook, RandomIds,
    SystemClock, UserId, WebhookUrls,
};
use trunkline_persistence::{PostgresOptions, PostgresStore, SqliteOptions, SqliteStore};
use trunkline_provisioning::port::{
    Businesses, DecisionStore, NumberFilter, NumberStore, OrderFilter, OrderStore, OrphanStore,
    PurchaseStore, ReconciliationStore, ReleaseStore, Scope,
};
use trunkline_provisioning::{
    CurrentPrices, Provisioning, ProvisioningParts, ProvisioningSettings, PurchaseCommand,
};
use trunkline_tenancy::{AddBusinessCommand, AddUserCommand, Tenancy, TenancyStore};
use trunkline_twilio::{TwilioClient, TwilioConfig};
use trunkline_twilio_sim::{AddressRequirements, NumberType, Simulator, SimulatorConfig};
use trunkline_wallet::{CreditCommand, WalletStore, Wallets, verify_ledger};
use uuid::Uuid;

use crate::engine::{Engine, Place};
use crate::stage::{ACCOUNT_SID, AUTH_TOKEN};

pub(crate) struct World {
    pub(crate) simulator: Simulator,
    /// One for each server that there would be.
    pub(crate) replicas: Vec<Provisioning>,
    wallets: Arc<dyn WalletStore>,
    pub(crate) user: UserId,
    pub(crate) business: BusinessId,
    _place: Place,
    _folder: TempDir,
}

/// A clock that is wrong by the same time always.
struct Skewed(TimeDelta);

impl Clock for Skewed {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() + self.0
    }
}

impl World {
    /// One server with the protocol's own times.
    pub(crate) async fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(engine, folder.path()).await;
        let simulator = simulator().await;
        match engine {
            Engine::Sqlite => {
                let options = SqliteOptions::new(place.url.strip_prefix("sqlite:").unwrap());
                SqliteStore::migrate(&options, &SystemClock).await.unwrap();
                let store = Arc::new(SqliteStore::open(options, Arc::new(SystemClock)).await.unwrap());
                let settings = ProvisioningSettings::new(store.deployment(), webhooks());
                let replica = provisioning(&store, &simulator, Arc::new(SystemClock), settings);
                Self::over(&store, simulator, vec![replica], place, folder).await
            }
            Engine::Postgres => {
                let store = open_postgres(&place).await;
                let settings = ProvisioningSettings::new(store.deployment(), webhooks());
                let replica = provisioning(&store, &simulator, Arc::new(SystemClock), settings);
                Self::over(&store, simulator, vec![replica], place, folder).await
            }
        }
    }

    /// Several servers of one database, whose clocks are wrong by so many seconds, with times scaled down.
    pub(crate) async fn of_replicas(skews_s: &[i64]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(Engine::Postgres, folder.path()).await;
        let simulator = simulator().await;
        let mut replicas = Vec::new();
        for skew_s in skews_s {
            let store = open_postgres(&place).await;
            let clock = Arc::new(Skewed(TimeDelta::seconds(*skew_s)));
            let settings = scaled(ProvisioningSettings::new(store.deployment(), webhooks()));
            replicas.push(provisioning(&store, &simulator, clock, settings));
        }
        let store = open_postgres(&place).await;
        Self::over(&store, simulator, replicas, place, folder).await
    }

    async fn over<S>(
        store: &Arc<S>,
        simulator: Simulator,
        replicas: Vec<Provisioning>,
        place: Place,
        folder: TempDir,
    ) -> Self
    where
        S: WalletStore + TenancyStore + 'static,
    {
        let (user, business) = plant(store).await;
        let wallets = Arc::<S>::clone(store);
        Self { simulator, replicas, wallets, user, business, _place: place, _folder: folder }
    }

    /// The only server, or the first.
    pub(crate) fn provisioning(&self) -> &Provisioning {
        &self.replicas[0]
    }

    pub(crate) fn purchase(&self, phone_number: &str) -> PurchaseCommand {
        PurchaseCommand {
            user: self.user.clone(),
            phone_number: phone_number.parse().unwrap(),
            display_name: "Front desk".parse().unwrap(),
            // A business of theirs, so that the question whose it is becomes one more await.
            business: Some(self.business),
            country: None,
            number_type: None,
            currency: Currency::USD,
            max_amount: None,
            request: None,
            origin: Origin::system(),
        }
    }

    pub(crate) fn free_numbers(&self) -> Vec<String> {
        let numbers = self.simulator.admin().available("US", NumberType::Local);
        numbers
            .into_iter()
            .filter(|number| number.address_requirements == AddressRequirements::None)
            .map(|number| number.phone_number)
            .collect()
    }

    pub(crate) async fn orders(&self) -> Vec<Order> {
        let filter = OrderFilter {
            scope: Scope::Everyone,
            business: None,
            states: Vec::new(),
            after: None,
            limit: 100,
        };
        self.provisioning().orders(&filter).await.unwrap().orders
    }

    pub(crate) async fn live_numbers(&self) -> Vec<OwnedNumber> {
        let filter = NumberFilter::of(Scope::Everyone, 100);
        self.provisioning().numbers(&filter).await.unwrap().numbers
    }

    /// The books agree: ledger, orders, number rows, and what the simulator holds.
    pub(crate) async fn assert_invariants(&self) {
        let snapshot = self.wallets.snapshot().await.unwrap();
        assert_eq!(verify_ledger(&snapshot), []);
        let held: i64 = snapshot.accounts.iter().map(|account| account.held.micros()).sum();
        assert_eq!(held, 0, "nothing is held when every order has ended");
        let live = self.live_numbers().await;
        assert!(live.iter().all(|number| number.status == NumberStatus::Active));
        let mut ours: Vec<String> =
            live.iter().map(|n| n.identity.as_ref().unwrap().number.to_string()).collect();
        let mut theirs: Vec<String> = self.simulator.admin().owned().into_iter().map(|n| n.sid).collect();
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs);
    }
}

async fn simulator() -> Simulator {
    let config = SimulatorConfig::new(ACCOUNT_SID, AUTH_TOKEN);
    Simulator::start(SocketAddr::from(([127, 0, 0, 1], 0)), config).await.unwrap()
}

async fn open_postgres(place: &Place) -> Arc<PostgresStore> {
    Arc::new(PostgresStore::open(PostgresOptions::new(place.url.parse().unwrap())).await.unwrap())
}

fn provisioning<S>(
    store: &Arc<S>,
    simulator: &Simulator,
    clock: Arc<dyn Clock>,
    settings: ProvisioningSettings,
) -> Provisioning
where
    S: PurchaseStore
        + ReleaseStore
        + OrphanStore
        + NumberStore
        + OrderStore
        + ReconciliationStore
        + DecisionStore
        + Businesses
        + 'static,
{
    let mut config = TwilioConfig::new(ACCOUNT_SID.parse().unwrap(), SecretString::from(AUTH_TOKEN));
    config.base_url = simulator.url().parse().unwrap();
    config.request_timeout = settings.request_timeout;
    config.connect_timeout = settings.request_timeout / 2;
    let client = TwilioClient::new(TwilioClient::http_client(&config).unwrap(), config);
    let prices = CurrentPrices::new(PriceBook::embedded().unwrap());
    let parts = ProvisioningParts::over(store, Arc::new(client), Arc::<S>::clone(store), prices);
    Provisioning::new(ProvisioningParts { clock, ..parts }, settings).unwrap()
}

fn webhooks() -> WebhookUrls {
    WebhookUrls {
        voice_url: Some("https://numbers.example.com/voice".to_owned()),
        sms_url: Some("https://numbers.example.com/sms".to_owned()),
        status_callback_url: None,
    }
}

/// Times under which an undecided order is decided within seconds.
fn scaled(settings: ProvisioningSettings) -> ProvisioningSettings {
    ProvisioningSettings {
        send_window: Duration::from_secs(2),
        request_timeout: Duration::from_millis(800),
        settle_margin: Duration::from_millis(200),
        look_gap: Duration::from_millis(300),
        void_after: Duration::from_millis(3_500),
        lease: Duration::from_secs(2),
        purchase_wait: Duration::from_millis(500),
        recovery_interval: Duration::from_millis(50),
        pass_interval: Duration::from_millis(500),
        reconcile_after: Duration::ZERO,
        ..settings
    }
}

async fn plant<S>(store: &Arc<S>) -> (UserId, BusinessId)
where
    S: WalletStore + TenancyStore + 'static,
{
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(RandomIds));
    let tenancy = Tenancy::new(Arc::<S>::clone(store), clock.clone(), ids.clone());
    let user: UserId = "ann".parse().unwrap();
    let add = AddUserCommand { id: user.clone(), email: None, origin: Origin::system() };
    tenancy.add_user(add).await.unwrap();
    let business = BusinessId::from_uuid(Uuid::from_u128(1));
    let add = AddBusinessCommand {
        id: Some(business),
        owner: user.clone(),
        name: "Acme".to_owned().try_into().unwrap(),
        time_zone: None,
        origin: Origin::system(),
    };
    tenancy.add_business(add).await.unwrap();
    let credit = CreditCommand {
        user: user.clone(),
        amount: Money::parse("1000", Currency::USD).unwrap(),
        reason: "for the test".to_owned(),
        request: None,
        origin: Origin::system(),
    };
    Wallets::new(Arc::<S>::clone(store), clock, ids).credit(credit).await.unwrap();
    (user, business)
}

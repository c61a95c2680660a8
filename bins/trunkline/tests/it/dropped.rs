//! The caller of a purchase or a release goes away at any await: the saga goes on, and the books agree.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use secrecy::SecretString;
use tempfile::TempDir;
use trunkline_domain::{
    BusinessId, Currency, Money, NumberStatus, Order, OrderState, Origin, OwnedNumber, PriceBook, RandomIds,
    SystemClock, UserId, WebhookUrls,
};
use trunkline_persistence::{SqliteOptions, SqliteStore};
use trunkline_provisioning::port::{NumberFilter, OrderFilter, Scope};
use trunkline_provisioning::{
    CurrentPrices, Provisioning, ProvisioningParts, ProvisioningSettings, PurchaseCommand, PurchaseOutcome,
    ReleaseCommand,
};
use trunkline_tenancy::{AddBusinessCommand, AddUserCommand, Tenancy};
use trunkline_twilio::{TwilioClient, TwilioConfig};
use trunkline_twilio_sim::{AddressRequirements, NumberType, Simulator, SimulatorConfig};
use trunkline_wallet::{CreditCommand, WalletStore, Wallets, verify_ledger};
use uuid::Uuid;

use crate::stage::{ACCOUNT_SID, AUTH_TOKEN};

/// Polls a future at most so many times, then drops it.
struct DropAfter<F> {
    inner: Option<Pin<Box<F>>>,
    polls_left: usize,
}

impl<F: Future> DropAfter<F> {
    fn new(inner: F, polls: usize) -> Self {
        Self { inner: Some(Box::pin(inner)), polls_left: polls }
    }
}

impl<F: Future> Future for DropAfter<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls_left == 0 {
            self.inner = None;
            return Poll::Ready(None);
        }
        self.polls_left -= 1;
        let last = self.polls_left == 0;
        match self.inner.as_mut().expect("polled after its end").as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if last => {
                self.inner = None;
                Poll::Ready(None)
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

struct World {
    simulator: Simulator,
    store: SqliteStore,
    provisioning: Provisioning,
    user: UserId,
    business: BusinessId,
    _folder: TempDir,
}

impl World {
    async fn new() -> Self {
        let config = SimulatorConfig::new(ACCOUNT_SID, AUTH_TOKEN);
        let simulator = Simulator::start(SocketAddr::from(([127, 0, 0, 1], 0)), config).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteOptions::new(folder.path().join("trunkline.db"));
        SqliteStore::migrate(&options, &SystemClock).await.unwrap();
        let store = SqliteStore::open(options, Arc::new(SystemClock)).await.unwrap();
        let mut config = TwilioConfig::new(ACCOUNT_SID.parse().unwrap(), SecretString::from(AUTH_TOKEN));
        config.base_url = simulator.url().parse().unwrap();
        let client = TwilioClient::new(TwilioClient::http_client(&config).unwrap(), config);
        let shared = Arc::new(store.clone());
        let prices = CurrentPrices::new(PriceBook::embedded().unwrap());
        let parts =
            ProvisioningParts::over(&shared, Arc::new(client), Arc::<SqliteStore>::clone(&shared), prices);
        let webhooks = WebhookUrls {
            voice_url: Some("https://numbers.example.com/voice".to_owned()),
            sms_url: Some("https://numbers.example.com/sms".to_owned()),
            status_callback_url: None,
        };
        let settings = ProvisioningSettings::new(store.deployment(), webhooks);
        let provisioning = Provisioning::new(parts, settings).unwrap();
        let (user, business) = plant(&shared).await;
        Self { simulator, store, provisioning, user, business, _folder: folder }
    }

    fn purchase(&self, phone_number: &str) -> PurchaseCommand {
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

    fn free_numbers(&self) -> Vec<String> {
        let numbers = self.simulator.admin().available("US", NumberType::Local);
        numbers
            .into_iter()
            .filter(|number| number.address_requirements == AddressRequirements::None)
            .map(|number| number.phone_number)
            .collect()
    }

    async fn orders(&self) -> Vec<Order> {
        let filter = OrderFilter { scope: Scope::Everyone, states: Vec::new(), after: None, limit: 100 };
        self.provisioning.orders(&filter).await.unwrap().orders
    }

    async fn live_numbers(&self) -> Vec<OwnedNumber> {
        let scope = Scope::Everyone;
        let filter = NumberFilter { scope, business: None, status: None, after: None, limit: 100 };
        self.provisioning.numbers(&filter).await.unwrap().numbers
    }

    /// The books agree: ledger, orders, number rows, and what the simulator holds.
    async fn assert_invariants(&self) {
        let snapshot = self.store.snapshot().await.unwrap();
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

async fn plant(shared: &Arc<SqliteStore>) -> (UserId, BusinessId) {
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(RandomIds));
    let tenancy = Tenancy::new(Arc::<SqliteStore>::clone(shared), clock.clone(), ids.clone());
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
    Wallets::new(Arc::<SqliteStore>::clone(shared), clock, ids).credit(credit).await.unwrap();
    (user, business)
}

/// How many polls a caller may make before it leaves, at most: more than a purchase or a release ever needs.
const POLLS_MAX: usize = 6;
/// When a caller's leaving falls between two awaits depends on timing, so it is tried again, this often at most.
const ROUNDS_MAX: usize = 8;

#[tokio::test]
async fn the_caller_of_a_purchase_leaves_at_every_await() {
    let world = World::new().await;
    let mut numbers = world.free_numbers().into_iter();
    let mut heard = 0;
    for _ in 0..ROUNDS_MAX {
        for polls in 0..=POLLS_MAX {
            let number = numbers.next().unwrap();
            let purchase = world.provisioning.purchase(world.purchase(&number));
            if let Some(outcome) = DropAfter::new(purchase, polls).await {
                outcome.unwrap();
                heard += 1;
            }
        }
        if world.orders().await.len() > heard {
            break;
        }
    }
    world.provisioning.shutdown().await;
    let orders = world.orders().await;
    assert!(heard > 0, "a patient caller hears the end");
    assert!(orders.len() > heard, "a purchase goes on without its caller");
    assert!(orders.iter().all(|order| order.state == OrderState::Completed), "{orders:#?}");
    assert_eq!(world.live_numbers().await.len(), orders.len());
    world.assert_invariants().await;
}

#[tokio::test]
async fn the_caller_of_a_release_leaves_at_every_await() {
    let world = World::new().await;
    let mut numbers = world.free_numbers().into_iter();
    let (mut bought, mut heard) = (0, 0);
    for _ in 0..ROUNDS_MAX {
        for polls in 0..=POLLS_MAX {
            let number = numbers.next().unwrap();
            let outcome = world.provisioning.purchase(world.purchase(&number)).await.unwrap();
            let PurchaseOutcome::Completed(purchased) = outcome else { panic!("{outcome:?}") };
            bought += 1;
            let (user, origin) = (world.user.clone(), Origin::system());
            let command = ReleaseCommand { user, number: purchased.number.id, request: None, origin };
            if let Some(outcome) = DropAfter::new(world.provisioning.release(command), polls).await {
                outcome.unwrap();
                heard += 1;
            }
        }
        if bought - world.live_numbers().await.len() > heard {
            break;
        }
    }
    world.provisioning.shutdown().await;
    let released = bought - world.live_numbers().await.len();
    assert!(heard > 0, "a patient caller hears the end");
    assert!(released > heard, "a release goes on without its caller");
    world.assert_invariants().await;
}

//! The world of one play: a store, a supplier, and the processes between them.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::{Instant, sleep};
use trunkline_alarms::LoggedAlarms;
use trunkline_domain::{
    BusinessId, Currency, DeploymentId, Fingerprint, Money, NumberId, NumberStatus, Order, OrderId,
    OrderState, Origin, OwnedNumber, PhoneNumber, RequestKey, RequestOperation, UserId, WebhookUrls,
};
use trunkline_persistence::SqliteStore;
use trunkline_provisioning::port::{NumberFilter, NumberStore, OrderFilter, OrderStore, Scope};
use trunkline_provisioning::{
    CurrentPrices, Provisioning, ProvisioningParts, ProvisioningSettings, PurchaseCommand, ReleaseCommand,
    Report,
};
use trunkline_wallet::{CreditCommand, Wallets};

use crate::database::{Database, Lockstep};
use crate::fate::{Fates, GoodDay};
use crate::ids::SeededIds;
use crate::ports::{Link, Owners, Wire};
use crate::process::Process;
use crate::supplier::Supplier;
use crate::time::{Timeline, WallClock};
use crate::trace::Trace;

/// One play's world.
pub(crate) struct World {
    pub(crate) store: SqliteStore,
    pub(crate) timeline: Timeline,
    pub(crate) settings: ProvisioningSettings,
    pub(crate) witness: Arc<Witness>,
    supplier: Arc<Supplier>,
    lockstep: Lockstep,
    trace: Trace,
    ids: Arc<SeededIds>,
    prices: CurrentPrices,
    seed: u64,
    users: Mutex<BTreeSet<&'static str>>,
    processes: Mutex<Vec<Arc<Process>>>,
}

/// One run of the program: its facade and its wallets, over ports that meet fates.
pub(crate) struct Worker {
    /// What dies as one.
    pub(crate) process: Arc<Process>,
    /// The facade that is under test.
    pub(crate) provisioning: Provisioning,
    /// The wallets of the same process.
    pub(crate) wallets: Wallets,
}

/// What was seen on the way that no row tells afterwards.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    /// Evidence that came too late for its order, with the process that heard so.
    late: Mutex<Vec<(OrderId, String)>>,
    /// Orders on which a late success was to be noted.
    noted: Mutex<BTreeSet<OrderId>>,
    /// Whether the release of an orphan was begun.
    orphans: AtomicBool,
    /// When the reports began that were kept.
    reports: Mutex<BTreeSet<DateTime<Utc>>>,
    /// Every purchase that a client has asked for.
    asked: Mutex<Vec<(&'static str, PhoneNumber)>>,
}

impl Witness {
    pub(crate) fn hears_of_late_evidence(&self, order: OrderId, process: &str) {
        self.late.lock().unwrap_or_else(PoisonError::into_inner).push((order, process.to_owned()));
    }

    /// How much evidence came too late.
    pub(crate) fn late(&self) -> usize {
        self.late.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(crate) fn sees_it_noted(&self, order: OrderId) {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).insert(order);
    }

    pub(crate) fn keeps(&self, report: &Report) {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).insert(report.begun_at);
    }

    /// Whether a report is of this play.
    pub(crate) fn has_kept(&self, report: &Report) -> bool {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).contains(&report.begun_at)
    }

    pub(crate) fn sees_an_orphan(&self) {
        self.orphans.store(true, Ordering::Relaxed);
    }

    fn has_seen_orphans(&self) -> bool {
        self.orphans.load(Ordering::Relaxed)
    }

    pub(crate) fn hears_a_client(&self, user: &'static str, number: &PhoneNumber) {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push((user, number.clone()));
    }

    /// How often a client has asked for a number.
    pub(crate) fn asked(&self, user: &str, number: &PhoneNumber) -> usize {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().filter(|(by, of)| *by == user && of == number).count()
    }

    /// The orders whose late evidence nobody tried to keep, with the process that had it.
    pub(crate) fn dropped(&self) -> Vec<(OrderId, String)> {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        late.iter().filter(|(order, _)| !noted.contains(order)).cloned().collect()
    }
}

/// How long the world lies still before the last pass: longer than any request stays on the network.
const CALM: Duration = Duration::from_hours(2);

/// How often the last recovery looks before an order counts as undecided for good.
const LAST_ROUNDS: usize = 40;

/// Between the last recovery's rounds: longer than a lease; and after the first few longer than anything waits.
const LAST_ROUNDS_GAPS: [Duration; 2] = [Duration::from_secs(61), Duration::from_secs(301)];
const FIRST_ROUNDS: usize = 12;

impl World {
    pub(crate) fn new(
        database: &Database,
        lockstep: Lockstep,
        timeline: Timeline,
        trace: Trace,
        seed: u64,
    ) -> Self {
        let ids = Arc::new(SeededIds::new(seed));
        Self {
            store: database.store.clone(),
            timeline,
            settings: settings(database.store.deployment()),
            witness: Arc::default(),
            supplier: Arc::new(Supplier::new(timeline, ids.clone())),
            lockstep,
            trace,
            ids,
            prices: database.prices.clone(),
            seed,
            users: Mutex::default(),
            processes: Mutex::default(),
        }
    }

    /// The other side.
    pub(crate) fn supplier(&self) -> &Supplier {
        &self.supplier
    }

    /// The settings under which every process runs.
    pub(crate) const fn settings(&self) -> &ProvisioningSettings {
        &self.settings
    }

    /// Notes something in the trace.
    pub(crate) fn note<T: std::fmt::Display>(&self, who: &str, what: impl FnOnce() -> T) {
        self.trace.note(self.timeline.passed(), who, what);
    }

    /// Starts a process.
    pub(crate) fn start(&self, name: &str, fates: Arc<dyn Fates>) -> Worker {
        self.start_with_clock(name, fates, TimeDelta::zero())
    }

    /// Starts a process whose wall clock is so much off.
    pub(crate) fn start_with_clock(
        &self,
        name: &str,
        fates: Arc<dyn Fates>,
        clock_error: TimeDelta,
    ) -> Worker {
        let (lockstep, trace) = (self.lockstep.clone(), self.trace.clone());
        let process = Process::new(name.to_owned(), fates, lockstep, self.timeline, trace);
        self.processes.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&process));
        let link = Arc::new(Link {
            process: Arc::clone(&process),
            store: self.store.clone(),
            witness: Arc::clone(&self.witness),
            users: ["ann", "bob"].map(|name| self.user(name)),
        });
        let wire = Wire { process: Arc::clone(&process), supplier: Arc::clone(&self.supplier) };
        let owners = HashMap::from([(self.business(), self.user("ann"))]);
        let owners = Owners { process: Arc::clone(&process), owners };
        let clock = Arc::new(WallClock { timeline: self.timeline, error: clock_error });
        let parts = ProvisioningParts {
            alarms: Arc::new(LoggedAlarms),
            clock: clock.clone(),
            ids: self.ids.clone(),
            ..ProvisioningParts::over(&link, Arc::new(wire), Arc::new(owners), self.prices.clone())
        };
        let provisioning = Provisioning::new(parts, self.settings.clone()).unwrap();
        let wallets = Wallets::new(link, clock, self.ids.clone());
        Worker { process, provisioning, wallets }
    }

    /// A user of this play.
    pub(crate) fn user(&self, name: &str) -> UserId {
        format!("{name}-{}", self.seed).parse().unwrap()
    }

    /// Ann's business.
    pub(crate) fn business(&self) -> BusinessId {
        BusinessId::from_uuid(uuid::Uuid::from_u128(u128::from(self.seed) + 1))
    }

    /// One of the phone numbers that only this play deals with.
    pub(crate) fn phone(&self, index: u64) -> PhoneNumber {
        const AREA_CODES: [u64; 4] = [415, 212, 303, 512];
        const PER_AREA: u64 = 7_999_999;
        let place = (self.seed % (PER_AREA / 2)) * 8 + index;
        let area = AREA_CODES[usize::try_from(place / PER_AREA).unwrap() % AREA_CODES.len()];
        format!("+1{area}{}", 2_000_000 + place % PER_AREA).parse().unwrap()
    }

    /// An idempotency key for an operation on a subject.
    pub(crate) fn key(&self, user: &str, operation: RequestOperation, text: &str) -> RequestKey {
        RequestKey::new(self.user(user), operation, text, Fingerprint::of(&[text])).unwrap()
    }

    /// A user's command to buy.
    pub(crate) fn purchase(&self, user: &str, phone_number: &PhoneNumber) -> PurchaseCommand {
        PurchaseCommand {
            user: self.user(user),
            phone_number: phone_number.clone(),
            display_name: "Front desk".parse().unwrap(),
            business: (user == "ann").then(|| self.business()),
            country: None,
            number_type: None,
            currency: Currency::USD,
            max_amount: None,
            request: None,
            origin: Origin::system(),
        }
    }

    /// A user's command to give a number back.
    pub(crate) fn release(&self, user: &str, number: NumberId) -> ReleaseCommand {
        ReleaseCommand {
            user: self.user(user),
            within: None,
            number,
            request: None,
            origin: Origin::system(),
        }
    }

    /// A credit in dollars.
    pub(crate) fn credit(&self, user: &str, dollars: &str) -> CreditCommand {
        CreditCommand {
            user: self.user(user),
            amount: Money::parse(dollars, Currency::USD).unwrap(),
            reason: "for the play".to_owned(),
            request: None,
            origin: Origin::system(),
        }
    }

    /// From now on a user has a part in the play, so their books are read after it.
    pub(crate) fn joins(&self, user: &'static str) {
        self.users.lock().unwrap_or_else(PoisonError::into_inner).insert(user);
    }

    /// Gives a user money, on a good day.
    pub(crate) async fn fund(&self, user: &'static str, dollars: &str) {
        self.joins(user);
        let bank = self.start("bank", Arc::new(GoodDay));
        bank.wallets.credit(self.credit(user, dollars)).await.unwrap();
    }

    /// Everybody who has a part in the play.
    pub(crate) fn users(&self) -> BTreeSet<&'static str> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A user's orders, newest first.
    pub(crate) fn orders(&self, user: &str) -> Vec<Order> {
        let scope = Scope::User(self.user(user));
        self.orders_of(&OrderFilter { scope, business: None, states: Vec::new(), after: None, limit: 100 })
    }

    /// A user's numbers that are not released.
    pub(crate) fn numbers(&self, user: &str) -> Vec<OwnedNumber> {
        let scope = Scope::User(self.user(user));
        self.numbers_of(&NumberFilter::of(scope, 100))
    }

    /// One number, released or not.
    pub(crate) fn number(&self, id: NumberId) -> Option<OwnedNumber> {
        self.read(self.store.number(&Scope::Everyone, id)).unwrap()
    }

    /// Nothing goes wrong any more, and time passes: recovery decides what it can, then one pass finds what is left.
    pub(crate) async fn quiet(&self) {
        let last = self.start("last", Arc::new(GoodDay));
        let began = Instant::now();
        self.recover(&last).await;
        tokio::time::sleep_until(began + CALM + self.settings.cooling).await;
        // A pass over nothing finds nothing.
        if !self.supplier.deals().is_empty() {
            last.provisioning.pass_once().await.unwrap();
        }
        // Orphans' releases that somebody left are seen by a round only.
        if self.witness.has_seen_orphans() {
            last.provisioning.run_once().await.unwrap();
        }
    }

    /// Rounds of recovery until nothing is undecided.
    async fn recover(&self, last: &Worker) {
        for round in 0..LAST_ROUNDS {
            if !self.has_open_sagas() {
                return;
            }
            last.provisioning.run_once().await.unwrap();
            sleep(LAST_ROUNDS_GAPS[usize::from(round >= FIRST_ROUNDS)]).await;
        }
    }

    /// Whether recovery still has something to do for anybody.
    fn has_open_sagas(&self) -> bool {
        let is_open = |state| matches!(state, OrderState::Ordering | OrderState::Unresolved);
        self.users().into_iter().any(|user| {
            self.orders(user).iter().any(|order| is_open(order.state))
                || self.numbers(user).iter().any(|number| number.status == NumberStatus::Releasing)
        })
    }

    /// Whether the process of this name has died.
    pub(crate) fn is_dead(&self, name: &str) -> bool {
        let processes = self.processes.lock().unwrap_or_else(PoisonError::into_inner);
        processes.iter().any(|process| process.name() == name && process.is_dead())
    }

    pub(crate) fn read<F: Future>(&self, call: F) -> F::Output {
        self.lockstep.run(call)
    }

    fn orders_of(&self, filter: &OrderFilter) -> Vec<Order> {
        self.read(self.store.orders(filter)).unwrap().orders
    }

    fn numbers_of(&self, filter: &NumberFilter) -> Vec<OwnedNumber> {
        self.read(self.store.numbers(filter)).unwrap().numbers
    }
}

fn settings(deployment: DeploymentId) -> ProvisioningSettings {
    let webhooks = WebhookUrls {
        voice_url: Some("https://numbers.example/voice".to_owned()),
        sms_url: Some("https://numbers.example/sms".to_owned()),
        status_callback_url: None,
    };
    // What stands before a list begins is judged in it, so that nothing but the order of things protects what is young.
    let reconcile_after = Duration::ZERO;
    ProvisioningSettings { reconcile_after, ..ProvisioningSettings::new(deployment, webhooks) }
}

//! A server that loses connections, dies, and runs out of disk: what was acknowledged is there, what was not is there
//! whole or not at all, and the same change asked again brings what it would have brought.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::join_all;
use trunkline_domain::{Change, Currency, FailureReason, OrderState, Origin, RequestOperation, TransferId};
use trunkline_persistence::{PostgresOptions, PostgresStore};
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::contract::fixture::{ann, applied, bob, key, opened, sid, usd};
use trunkline_provisioning::port::{
    Authority, ClaimEnd, OpenAnswer, PurchaseParking, ReleaseAnswer, ReleaseEnd, Scope, SettleAnswer,
    StoreError,
};
use trunkline_tenancy::{CreateUserAnswer, TenancyStore, TenancyStoreError, User, UserCreation};
use trunkline_testkit::{Cluster, Cut, Durability, Proxy, StopMode};
use trunkline_wallet::{CreditAnswer, WalletStoreError};

use super::database::Database;
use super::small_disk::SmallDisk;

/// What a port says when it has no answer.
trait PortError: Debug {
    fn is_unknown(&self) -> bool;
    fn is_unavailable(&self) -> bool;
}

macro_rules! port_error {
    ($error:ty) => {
        impl PortError for $error {
            fn is_unknown(&self) -> bool {
                matches!(self, Self::OutcomeUnknown(_))
            }

            fn is_unavailable(&self) -> bool {
                matches!(self, Self::Unavailable(_))
            }
        }
    };
}

port_error!(StoreError);
port_error!(WalletStoreError);
port_error!(TenancyStoreError);

/// A store that reaches its server by way of a proxy, on a cluster of its own.
struct Line {
    proxy: Proxy,
    store: Arc<PostgresStore>,
    f: Fixture,
    _database: Database,
    _cluster: Cluster,
}

impl Line {
    async fn new() -> Self {
        let cluster = Cluster::start(Durability::Fast);
        let database = Database::on(&cluster.server()).await;
        let proxy = Proxy::before(&cluster);
        let address = proxy.url_of(&database.place).parse().unwrap();
        let store = PostgresStore::open(PostgresOptions { address, ..database.options() }).await.unwrap();
        let store = Arc::new(store);
        let f = Fixture::of(&store, Arc::clone(&database.clock), Box::new(()));
        Self { proxy, store, f, _database: database, _cluster: cluster }
    }

    /// Asks for a change while the connection is cut, and again. The first time nobody can know what became of it.
    async fn ask_twice<T: Debug, E: PortError>(
        &self,
        statement: &str,
        cut: Cut,
        ask: impl AsyncFn() -> Result<T, E>,
    ) -> T {
        let before = self.proxy.cuts();
        self.proxy.cut_next(statement, cut);
        let lost = ask().await.unwrap_err();
        assert!(lost.is_unknown(), "{statement}, {cut:?}: {lost:?}");
        assert_eq!(self.proxy.cuts(), before + 1);
        ask().await.unwrap()
    }
}

const CUTS: [Cut; 2] = [Cut::BeforeRequest, Cut::BeforeAnswer];

#[tokio::test]
async fn an_opening_whose_answer_is_lost_is_one_order_with_one_hold() {
    for cut in CUTS {
        let line = Line::new().await;
        let f = &line.f;
        f.credit(&ann(), usd("10")).await;
        let request = key(&ann(), RequestOperation::Purchase, "k", &[]);
        let opening = f.opening(&ann(), 1, usd("1.50")).request(Some(request));
        let answer = line.ask_twice("open_purchase_4", cut, async || f.purchases.open(&opening).await).await;
        assert_eq!(opened(answer).order.id, opening.body.order.id);
        assert_eq!(f.balance(&ann()).await.held, usd("1.50"), "{cut:?}: one hold");
        f.assert_ledger_whole().await;
    }
}

#[tokio::test]
async fn a_decision_whose_answer_is_lost_is_made_once() {
    for cut in CUTS {
        let line = Line::new().await;
        let f = &line.f;
        f.credit(&ann(), usd("10")).await;
        let bought = f.open(&ann(), 1, usd("1.50")).await;
        let parking = Change::new(PurchaseParking {
            order: bought.order.id,
            lease: bought.lease,
            next_look_in: Duration::ZERO,
            first_absent_at: None,
            unanswered: 0,
            at: f.now(),
        });
        let parked = line.ask_twice("park_purchase_1", cut, async || f.purchases.park(&parking).await).await;
        assert_eq!(applied(parked).state, OrderState::Unresolved);
        let settlement = f.settlement(&bought.order, &sid(1));
        let settle = async || f.purchases.settle(&settlement).await;
        let settled = line.ask_twice("settle_purchase_1", cut, settle).await;
        let number = settlement.body.number.clone();
        assert_eq!(
            settled,
            match cut {
                Cut::BeforeRequest => SettleAnswer::Settled(number),
                Cut::BeforeAnswer => SettleAnswer::SettledBefore(number),
            }
        );

        let given_up = f.open(&ann(), 2, usd("1.50")).await;
        let authority = Authority::Lease(given_up.lease);
        let abort = f.abort(&given_up.order, authority, FailureReason::ProviderUnavailable, ClaimEnd::Free);
        let aborted = line.ask_twice("abort_purchase_1", cut, async || f.purchases.abort(&abort).await).await;
        assert_eq!(applied(aborted).state, OrderState::Failed);
        assert_eq!((f.balance(&ann()).await.posted, f.balance(&ann()).await.held), (usd("8.50"), usd("0")));
        f.assert_ledger_whole().await;
    }
}

#[tokio::test]
async fn a_release_whose_answer_is_lost_is_made_once() {
    for cut in CUTS {
        let line = Line::new().await;
        let f = &line.f;
        let number = f.buy(&ann(), 1).await;
        let request = key(&ann(), RequestOperation::Release, "k", &[]);
        let audit = Origin::system().audit("number.release", number.id, Some(&ann()), f.now());
        let opening = f.release_of(&number).audit(audit).request(Some(request));
        let begun = line.ask_twice("begin_release_2", cut, async || f.releases.begin(&opening).await).await;
        assert!(matches!(begun, ReleaseAnswer::Begun(_)), "{cut:?}: {begun:?}");
        let end = Change::new(ReleaseEnd { number: number.id, at: f.now() });
        line.ask_twice("finish_release_1", cut, async || f.releases.finish(&end).await).await;
        assert_eq!(f.numbers.number_by_phone(&number.phone_number).await.unwrap(), None);
        f.credit(&bob(), usd("10")).await;
        f.open(&bob(), 1, usd("1.50")).await;
    }
}

#[tokio::test]
async fn money_and_users_whose_answer_is_lost_come_once() {
    for cut in CUTS {
        let line = Line::new().await;
        let f = &line.f;
        let request = key(&ann(), RequestOperation::Credit, "k", &[]);
        let credit = f.credit_of(&ann(), usd("5")).request(Some(request));
        line.ask_twice("adjust_wallet_3", cut, async || f.wallets.credit(&credit).await).await;
        assert_eq!(f.balance(&ann()).await.posted, usd("5"), "{cut:?}");
        let user = User { id: ann(), email: None, created_at: f.now() };
        let creation = Change::new(UserCreation { user: user.clone() });
        let create = async || line.store.create_user(&creation).await;
        let created = line.ask_twice("create_user_1", cut, create).await;
        let wanted = match cut {
            Cut::BeforeRequest => CreateUserAnswer::Created(user),
            Cut::BeforeAnswer => CreateUserAnswer::Exists(user),
        };
        assert_eq!(created, wanted);
    }
}

/// Credits that were asked for until somebody said yes; each is one dollar.
struct Credits {
    asked: Vec<TransferId>,
    unknown: usize,
    unavailable: usize,
}

/// Eight callers credit at once, fifty times each, while something goes wrong; each repeats a credit until it is
/// acknowledged.
async fn credit_under_fire(f: &Arc<Fixture>) -> Credits {
    let callers = (0..8).map(|_| {
        let f = Arc::clone(f);
        tokio::spawn(async move {
            let mut credits = Credits { asked: Vec::new(), unknown: 0, unavailable: 0 };
            for _ in 0..50 {
                let credit = f.credit_of(&ann(), usd("1"));
                loop {
                    match f.wallets.credit(&credit).await {
                        Ok(CreditAnswer::Posted { .. } | CreditAnswer::Repeated { .. }) => break,
                        Ok(other) => panic!("{other:?}"),
                        Err(error) if error.is_unknown() => credits.unknown += 1,
                        Err(error) if error.is_unavailable() => credits.unavailable += 1,
                        Err(error) => panic!("{error:?}"),
                    }
                }
                credits.asked.push(credit.body.transfer);
            }
            credits
        })
    });
    let mut all = Credits { asked: Vec::new(), unknown: 0, unavailable: 0 };
    for credits in join_all(callers).await {
        let credits = credits.unwrap();
        all.asked.extend(credits.asked);
        all.unknown += credits.unknown;
        all.unavailable += credits.unavailable;
    }
    all
}

/// Something that strikes again and again in a thread of its own, until it is put down or dropped.
struct Axe {
    is_over: Arc<AtomicBool>,
    strikes: tokio::task::JoinHandle<u32>,
}

impl Axe {
    fn swing(strike: impl FnOnce(&AtomicBool) -> u32 + Send + 'static) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let strikes = tokio::task::spawn_blocking({
            let is_over = Arc::clone(&is_over);
            move || strike(&is_over)
        });
        Self { is_over, strikes }
    }

    /// How often it struck.
    async fn rest(mut self) -> u32 {
        self.is_over.store(true, Ordering::Relaxed);
        (&mut self.strikes).await.unwrap()
    }
}

impl Drop for Axe {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

async fn assert_each_credit_once(f: &Fixture, credits: &Credits) {
    // Connections that were hit while nobody used them are found out one by one.
    while f.wallets.balance(&ann(), Currency::USD).await.is_err() || f.wallets.snapshot().await.is_err() {}
    let dollars = u32::try_from(credits.asked.len()).unwrap();
    assert_eq!(f.balance(&ann()).await.posted, usd(&dollars.to_string()));
    let snapshot = f.wallets.snapshot().await.unwrap();
    assert_eq!(snapshot.transfers.len(), credits.asked.len());
    f.assert_ledger_whole().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_terminated_lose_nothing_and_double_nothing() {
    let database = Arc::new(Database::new().await);
    let store = Arc::new(database.open().await);
    let f = Arc::new(Fixture::of(&store, Arc::clone(&database.clock), Box::new(())));
    let axe = Axe::swing({
        let database = Arc::clone(&database);
        move |is_over| {
            let mut felled = 0;
            while !is_over.load(Ordering::Relaxed) {
                let terminate = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                                 WHERE datname = current_database() AND pid <> pg_backend_pid()";
                felled += database.place.run(&[terminate]).parse::<u32>().unwrap();
            }
            felled
        }
    });
    let credits = credit_under_fire(&f).await;
    assert!(axe.rest().await > 0);
    assert!(credits.unknown > 0, "somebody was hit in the middle");
    assert_each_credit_once(&f, &credits).await;
}

/// PostgreSQL with its own durability, killed under load: all of it at once, and by `immediate` stops.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_has_kept_what_it_acknowledged() {
    let cluster = Arc::new(Cluster::start(Durability::Full));
    let database = Database::on(&cluster.server()).await;
    let options = PostgresOptions { acquire_timeout: Duration::from_millis(200), ..database.options() };
    let store = Arc::new(PostgresStore::open(options).await.unwrap());
    let f = Arc::new(Fixture::of(&store, Arc::clone(&database.clock), Box::new(())));
    let axe = Axe::swing({
        let cluster = Arc::clone(&cluster);
        move |is_over| {
            let committed = || cluster.server().run(&["SELECT sum(xact_commit) FROM pg_stat_database"]);
            let mut deaths = 0;
            while deaths < 6 && !is_over.load(Ordering::Relaxed) {
                let before = committed();
                while committed() == before && !is_over.load(Ordering::Relaxed) {}
                let mode = if deaths % 2 == 0 { StopMode::Kill } else { StopMode::Immediate };
                cluster.stop(mode);
                cluster.start_again();
                deaths += 1;
            }
            deaths
        }
    });
    let credits = credit_under_fire(&f).await;
    assert!(axe.rest().await > 1);
    assert_each_credit_once(&f, &credits).await;
}

/// The disk is full in the middle of the work, and then it is not.
#[tokio::test]
async fn a_full_disk_refuses_changes_whole_and_they_pass_when_there_is_room() {
    let cluster = Cluster::start(Durability::Fast);
    let database = Database::on(&cluster.server()).await;
    let disk = SmallDisk::under(&cluster, &database.place);
    let store = Arc::new(database.open().await);
    let f = Fixture::of(&store, Arc::clone(&database.clock), Box::new(()));
    f.credit(&ann(), usd("1000")).await;
    disk.fill();
    let mut opened = 0;
    // Rows find room in pages that are there; sooner or later one needs another page.
    let refused = loop {
        let opening = f.opening(&ann(), opened + 1, usd("0.01"));
        match f.purchases.open(&opening).await {
            Ok(OpenAnswer::Opened(_)) => opened += 1,
            Err(StoreError::Unavailable(_)) => break opening,
            other => panic!("{other:?}"),
        }
    };
    let held = async || f.balance(&ann()).await.held.micros() / 10_000;
    assert_eq!(held().await, i64::from(opened), "nothing of the refused one is there");
    assert_eq!(f.orders.order(&Scope::Everyone, refused.body.order.id).await.unwrap(), None);
    f.assert_ledger_whole().await;
    disk.free();
    assert!(matches!(f.purchases.open(&refused).await.unwrap(), OpenAnswer::Opened(_)));
    assert_eq!(held().await, i64::from(opened) + 1);
    f.assert_ledger_whole().await;
}

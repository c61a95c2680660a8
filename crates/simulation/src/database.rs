//! A database under simulated processes: a real store, with real SQL, in a time that is not.
//!
//! The store lives in a runtime of its own, whose threads are real. A simulated process calls it in lockstep: the one
//! thread of virtual time stands still until the store has answered. So each call happens in a single moment of
//! virtual time, one call at a time, and a seed tells the whole story.

use std::any::Any;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::runtime::{Builder, Handle, Runtime};
use trunkline_domain::{Clock, DeploymentId, PriceBook};
use trunkline_persistence::{SqliteOptions, SqliteStore};
use trunkline_provisioning::CurrentPrices;
use trunkline_provisioning::port::{NumberStore, OrderStore, OrphanStore, PurchaseStore, ReleaseStore};
use trunkline_wallet::WalletStore;

use crate::time::{StoreClock, Timeline};
use crate::trace::Trace;
use crate::world::World;

/// Every store port, on one store.
pub trait Stores:
    PurchaseStore + ReleaseStore + OrphanStore + NumberStore + OrderStore + WalletStore + 'static
{
}

impl<S> Stores for S where
    S: PurchaseStore + ReleaseStore + OrphanStore + NumberStore + OrderStore + WalletStore + 'static
{
}

/// A store on a fresh, empty database.
pub struct Fresh<S> {
    /// The store.
    pub store: S,
    /// The installation that the database is.
    pub deployment: DeploymentId,
    /// Whatever must live as long as the store, such as its folder.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// A database on which plays are played, one after another. Each has its own users and numbers and begins days after
/// the one before, so none sees another.
pub struct Database {
    pub(crate) stores: Arc<dyn Stores>,
    pub(crate) deployment: DeploymentId,
    pub(crate) prices: CurrentPrices,
    /// The same store, for the mistake that only this engine can make.
    #[cfg(feature = "mutants")]
    pub(crate) sqlite: Option<SqliteStore>,
    clock: Arc<StoreClock>,
    runtime: Runtime,
    plays: AtomicI64,
    _keep: Box<dyn Any + Send + Sync>,
}

/// Between the beginnings of two plays: more than any play lasts.
const BETWEEN_PLAYS: TimeDelta = TimeDelta::days(10);

impl Database {
    /// A database on a store of any engine, which takes its time from the clock that it is given.
    pub fn of<S: Stores>(fresh: impl AsyncFnOnce(Arc<dyn Clock>) -> Fresh<S>) -> Self {
        // No I/O driver: a wake-up by futex costs half of one through it.
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
        let clock = Arc::new(StoreClock::default());
        clock.set(first_epoch());
        let Fresh { store, deployment, keep } = runtime.block_on(fresh(clock.clone()));
        let prices = CurrentPrices::new(PriceBook::embedded().unwrap());
        let plays = AtomicI64::new(0);
        Self {
            stores: Arc::new(store),
            deployment,
            prices,
            #[cfg(feature = "mutants")]
            sqlite: None,
            clock,
            runtime,
            plays,
            _keep: keep,
        }
    }

    /// A database on SQLite, in memory where the system has a folder there.
    #[cfg(not(feature = "mutants"))]
    pub fn sqlite() -> Self {
        Self::of(fresh_sqlite)
    }

    /// A database on SQLite, in memory where the system has a folder there.
    #[cfg(feature = "mutants")]
    pub fn sqlite() -> Self {
        let mut sqlite = None;
        let database = Self::of(async |clock| {
            let fresh = fresh_sqlite(clock).await;
            sqlite = Some(fresh.store.clone());
            fresh
        });
        Self { sqlite, ..database }
    }

    /// Plays a story in a world of its own, in virtual time, to its end. Whatever waits then is dropped.
    pub fn play<T, F>(&self, trace: Trace, seed: u64, story: impl FnOnce(Arc<World>) -> F) -> T
    where
        F: Future<Output = T>,
    {
        let play = i32::try_from(self.plays.fetch_add(1, Ordering::Relaxed)).unwrap();
        let epoch = first_epoch() + BETWEEN_PLAYS * play;
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let timeline = Timeline::begin(epoch);
            let (handle, clock) = (self.runtime.handle().clone(), self.clock.clone());
            let lockstep = Lockstep { handle, clock, timeline };
            story(Arc::new(World::new(self, lockstep, timeline, trace, seed))).await
        })
    }
}

fn first_epoch() -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000, 0).unwrap()
}

async fn fresh_sqlite(clock: Arc<dyn Clock>) -> Fresh<SqliteStore> {
    let in_memory = std::path::Path::new("/dev/shm");
    let folder = if in_memory.is_dir() { tempfile::tempdir_in(in_memory) } else { tempfile::tempdir() };
    let folder = folder.unwrap();
    let path = folder.path().join("trunkline.db");
    let options = SqliteOptions { read_connections: 1, ..SqliteOptions::new(path) };
    SqliteStore::migrate(&options, clock.as_ref()).await.unwrap();
    let store = SqliteStore::open(options, clock).await.unwrap();
    Fresh { deployment: store.deployment(), store, keep: Box::new(folder) }
}

/// The way from virtual time into the store's runtime.
#[derive(Clone)]
pub(crate) struct Lockstep {
    handle: Handle,
    clock: Arc<StoreClock>,
    timeline: Timeline,
}

impl Lockstep {
    /// Runs a call to the store to its end, while virtual time stands still.
    pub(crate) fn run<F: Future>(&self, call: F) -> F::Output {
        self.clock.set(self.timeline.now());
        let _inside = self.handle.enter();
        // The task that waits here spends no budget of tokio's, or it would wait for itself.
        futures::executor::block_on(tokio::task::unconstrained(call))
    }
}

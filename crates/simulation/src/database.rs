//! A database under simulated processes: a real store, with real SQL, in a time that is not.
//!
//! The store lives in a runtime of its own, whose threads are real. A simulated process calls it in lockstep: the one
//! thread of virtual time stands still until the store has answered. So each call happens in a single moment of
//! virtual time, one call at a time, and a seed tells the whole story.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use tempfile::{TempDir, tempdir, tempdir_in};
use tokio::runtime::{Builder, Handle, Runtime};
use trunkline_domain::{Clock, PriceBook};
use trunkline_persistence::{SqliteOptions, SqliteStore};
use trunkline_provisioning::CurrentPrices;

use crate::time::{StoreClock, Timeline};
use crate::trace::Trace;
use crate::world::World;

/// A database on which plays are played, one after another. Each has its own users and numbers and begins days after
/// the one before, so none sees another.
pub struct Database {
    pub(crate) store: SqliteStore,
    pub(crate) prices: CurrentPrices,
    clock: Arc<StoreClock>,
    runtime: Runtime,
    plays: AtomicI64,
    _folder: TempDir,
}

/// Between the beginnings of two plays: more than any play lasts.
const BETWEEN_PLAYS: TimeDelta = TimeDelta::days(10);

impl Database {
    /// A fresh database, in memory where the system has a folder there.
    pub fn fresh() -> Self {
        // No I/O driver: a wake-up by futex costs half of one through it.
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
        let clock = Arc::new(StoreClock::default());
        clock.set(first_epoch());
        let in_memory = Path::new("/dev/shm");
        let folder = if in_memory.is_dir() { tempdir_in(in_memory) } else { tempdir() }.unwrap();
        let store = runtime.block_on(open(folder.path(), clock.clone()));
        let prices = CurrentPrices::new(PriceBook::embedded().unwrap());
        Self { store, prices, clock, runtime, plays: AtomicI64::new(0), _folder: folder }
    }

    /// Plays a story in a world of its own, in virtual time, to its end. Whatever waits then is dropped.
    pub(crate) fn play<T, F>(&self, trace: Trace, seed: u64, story: impl FnOnce(Arc<World>) -> F) -> T
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

async fn open(folder: &Path, clock: Arc<dyn Clock>) -> SqliteStore {
    let options = SqliteOptions { read_connections: 1, ..SqliteOptions::new(folder.join("trunkline.db")) };
    SqliteStore::migrate(&options, clock.as_ref()).await.unwrap();
    SqliteStore::open(options, clock).await.unwrap()
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

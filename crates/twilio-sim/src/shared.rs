//! What all connections and all admin handles of a simulator share. The lock is taken only inside
//! [`Shared::with_world`], whose closure cannot await.

use std::sync::{Arc, Mutex, PoisonError, atomic::AtomicUsize};

use tokio::{sync::watch, task::spawn_blocking};
use tokio_util::sync::CancellationToken;

use crate::{
    answer::Answer,
    api::Api,
    call::Call,
    clock::Clock,
    config::SimulatorConfig,
    error::SimulatorError,
    holdings::Lag,
    inventory::Inventory,
    journal::Outcome,
    recorder::Recorder,
    state_file::{Kept, StateFile},
    world::World,
};

/// What becomes of the answers that are withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Release {
    /// They go out.
    Answer,
    /// Their connections are reset.
    Drop,
}

pub(crate) struct Shared {
    pub(crate) config: SimulatorConfig,
    pub(crate) inventory: Inventory,
    pub(crate) clock: Arc<Clock>,
    pub(crate) recorder: Option<Recorder>,
    world: Mutex<World>,
    state_file: Option<StateFile>,
    /// Tells that numbers or requests changed, to those who wait for it.
    pub(crate) moved: watch::Sender<()>,
    /// Tells those who withhold an answer what to do with it. Its receivers are the withheld answers.
    pub(crate) held: watch::Sender<Release>,
    /// The simulator is shutting down.
    pub(crate) stopping: CancellationToken,
    /// Requests in progress.
    pub(crate) in_flight: AtomicUsize,
}

impl Shared {
    /// The state that the configuration asks for, with what its state file kept.
    pub(crate) fn open(config: SimulatorConfig) -> Result<Self, SimulatorError> {
        let (state_file, kept) = match config.state_file.clone().map(StateFile::open).transpose()? {
            Some((state_file, kept)) => (Some(state_file), kept),
            None => (None, Kept::default()),
        };
        let inventory = Inventory::seeded(config.inventory_seed);
        let recorder = Recorder::open(config.record_file.clone())?;
        let clock = Arc::new(Clock::ahead_by(kept.clock_ahead_ms));
        let stopping = CancellationToken::new();
        let shared = Self {
            world: Mutex::new(World::new(&config, &inventory, kept, Arc::clone(&clock), &stopping)),
            clock,
            recorder,
            config,
            inventory,
            state_file,
            moved: watch::Sender::new(()),
            held: watch::Sender::new(Release::Answer),
            stopping,
            in_flight: AtomicUsize::new(0),
        };
        if let Some(state_file) = &shared.state_file {
            // Found out now, a file that cannot be written stops the start and not the first purchase.
            let (revision, kept) = shared.kept();
            state_file.write(revision, &kept)?;
        }
        Ok(shared)
    }

    /// Runs something with the state locked.
    pub(crate) fn with_world<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        work(&mut self.world.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Does what a request asks for.
    pub(crate) fn act(&self, call: &Call, lag: Option<Lag>) -> Answer {
        let answer = self.with_world(|world| {
            Api { world, inventory: &self.inventory, config: &self.config }.act(call, lag)
        });
        self.moved.send_replace(());
        answer
    }

    /// Writes down what became of a request and wakes those who wait for it.
    pub(crate) fn settle(&self, request: u64, outcome: Outcome) {
        self.with_world(|world| world.journal.settle(request, outcome));
        self.moved.send_replace(());
    }

    /// Brings the state file up to date before an answer goes out.
    pub(crate) async fn save(self: &Arc<Self>) {
        if !self.is_unsaved() {
            return;
        }
        let shared = Arc::clone(self);
        if let Err(error) = spawn_blocking(move || shared.save_now()).await {
            tracing::error!(%error, "the state file was not written: the runtime is going down");
        }
    }

    /// The same, for callers outside of a request.
    pub(crate) fn save_now(&self) {
        let Some(state_file) = &self.state_file else { return };
        let (revision, kept) = self.kept();
        if let Err(error) = state_file.write(revision, &kept) {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(%error, cause, "this change will not outlive this process");
        }
    }

    fn is_unsaved(&self) -> bool {
        self.state_file.as_ref().is_some_and(|file| file.lacks(self.with_world(|world| world.revision())))
    }

    fn kept(&self) -> (u64, Kept) {
        self.with_world(|world| (world.revision(), world.kept(&self.config)))
    }
}

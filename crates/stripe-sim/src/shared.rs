//! What all connections and all admin handles of a simulator share. The lock is taken only inside closures that cannot
//! await.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::{sync::watch, task::spawn_blocking};
use tokio_util::sync::CancellationToken;

use crate::{
    books::Books,
    clock::Clock,
    config::SimulatorConfig,
    error::SimulatorError,
    flow::Cause,
    state_file::{Kept, StateFile},
    world::World,
};

/// What becomes of the answers that are withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Release {
    /// They go out.
    Answer,
    /// Their connections are cut.
    Drop,
}

pub(crate) struct Shared {
    pub(crate) config: SimulatorConfig,
    pub(crate) clock: Clock,
    world: Mutex<World>,
    state_file: Option<StateFile>,
    /// Tells that something changed, to those who wait for it.
    pub(crate) moved: watch::Sender<()>,
    /// Tells those who withhold an answer what to do with it. Its receivers are the withheld answers.
    pub(crate) held: watch::Sender<Release>,
    /// The simulator is shutting down.
    pub(crate) stopping: CancellationToken,
}

impl Shared {
    /// The state that the configuration asks for, with what its state file kept.
    pub(crate) fn open(config: SimulatorConfig) -> Result<Self, SimulatorError> {
        if let Some(mistake) = config.webhooks.mistake() {
            return Err(SimulatorError::WebhookSettings(mistake));
        }
        let (state_file, kept) = match config.state_file.clone().map(StateFile::open).transpose()? {
            Some((state_file, kept)) => (Some(state_file), kept),
            None => (None, None),
        };
        let (books, ahead_ms) = match kept {
            Some(kept) => (kept.books, kept.clock_ahead_ms),
            None => (Books::new(config.seed), 0),
        };
        let clock = Clock::ahead_by(ahead_ms);
        let mut world = World::new(&config, books);
        world.teller(clock.seconds(), Cause::default()).tell_again_what_waited();
        let shared = Self {
            clock,
            world: Mutex::new(world),
            state_file,
            config,
            moved: watch::Sender::new(()),
            held: watch::Sender::new(Release::Answer),
            stopping: CancellationToken::new(),
        };
        // Found out now, a file that cannot be written stops the start and not the first payment.
        shared.try_save()?;
        Ok(shared)
    }

    /// Looks, or does something that no state file keeps and nobody waits for.
    pub(crate) fn with_world<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        work(&mut self.world.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes something, after what the clock says is due.
    pub(crate) fn change<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        let now = self.clock.seconds();
        let result = self.with_world(|world| {
            world.teller(now, Cause::default()).keep_time();
            world.revision += 1;
            work(world)
        });
        self.moved.send_replace(());
        result
    }

    /// Does what the clock says is due, and tells when there is something again.
    pub(crate) fn keep_time(&self) -> Option<i64> {
        let now = self.clock.seconds();
        let (changed, next) = self.with_world(|world| {
            let changed = world.teller(now, Cause::default()).keep_time();
            world.revision += u64::from(changed);
            (changed, world.books.next_due())
        });
        if changed {
            self.moved.send_replace(());
        }
        next
    }

    /// Brings the state file up to date.
    pub(crate) async fn save(self: &Arc<Self>) {
        if self.state_file.is_none() {
            return;
        }
        let shared = Arc::clone(self);
        if let Err(error) = spawn_blocking(move || shared.save_now()).await {
            tracing::error!(%error, "the state file was not written: the runtime is going down");
        }
    }

    /// The same, for callers that may block.
    pub(crate) fn save_now(&self) {
        if let Err(error) = self.try_save() {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(%error, cause, "this change will not outlive this process");
        }
    }

    fn try_save(&self) -> Result<(), SimulatorError> {
        let Some(state_file) = &self.state_file else { return Ok(()) };
        let ahead_ms = self.clock.ahead_ms();
        let lacking = self.with_world(|world| {
            let revision = world.revision;
            state_file
                .lacks(revision)
                .then(|| Kept::write(&world.books, ahead_ms).map(|content| (revision, content)))
        });
        match lacking {
            None => Ok(()),
            Some(Ok((revision, content))) => state_file.write(revision, &content),
            Some(Err(source)) => Err(state_file.unreadable(source)),
        }
    }
}

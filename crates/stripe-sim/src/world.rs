//! Everything behind the lock: the books, what waits to be told, the keys, the script of faults, the journal.

use serde::Serialize;

use crate::{
    books::Books,
    config::SimulatorConfig,
    fault::Script,
    flow::{Cause, Teller},
    idempotency::Keys,
    ids::Ids,
    journal::Journal,
    webhook::Outbox,
};

/// The state of a simulator.
pub(crate) struct World {
    pub(crate) books: Books,
    pub(crate) outbox: Outbox,
    pub(crate) keys: Keys,
    pub(crate) script: Script,
    pub(crate) journal: Journal,
    pub(crate) counters: Counters,
    /// Of their own, so that objects have the same identifiers whoever looks on.
    pub(crate) request_ids: Ids,
    /// Counts the changes, so that a state file knows whether it lacks one.
    pub(crate) revision: u64,
    api_version: String,
    objects_max: usize,
}

/// How much has happened since the start.
#[derive(Debug, Default, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counters {
    pub(crate) requests: u64,
    pub(crate) replayed: u64,
    pub(crate) webhook_attempts: u64,
}

impl World {
    pub(crate) fn new(config: &SimulatorConfig, books: Books) -> Self {
        Self {
            books,
            outbox: Outbox::new(config.webhooks.clone()),
            keys: Keys::default(),
            script: Script::default(),
            journal: Journal::default(),
            counters: Counters::default(),
            request_ids: Ids::new(!config.seed),
            revision: 1,
            api_version: config.api_version.clone(),
            objects_max: config.objects_max,
        }
    }

    /// Somebody who changes the books, at this time and for this cause.
    pub(crate) fn teller(&mut self, now: i64, cause: Cause) -> Teller<'_> {
        Teller {
            books: &mut self.books,
            outbox: &mut self.outbox,
            now,
            cause,
            api_version: &self.api_version,
            objects_max: self.objects_max,
        }
    }

    /// Everything as after a start without a state file; the settings of webhooks stay as they were changed to.
    pub(crate) fn reset(&mut self, config: &SimulatorConfig) {
        let revision = self.revision;
        let webhooks = self.outbox.settings().clone();
        *self = Self::new(config, Books::new(config.seed));
        self.outbox.configure(webhooks);
        self.revision = revision;
    }
}

//! What goes wrong, and what was asked: webhooks, faults, withheld answers, recorded requests.

use serde_json::Value;

use crate::{
    Admin,
    error::AdminError,
    fault::{FAULTS_MAX, Fault},
    journal::{RecordedRequest, RequestOutcome},
    refusal::Refusal,
    shared::{Release, Shared},
    webhook::{WebhookChange, WebhookSettings},
};

impl Admin {
    /// How webhooks are delivered now.
    pub fn webhooks(&self) -> WebhookSettings {
        self.shared.with_world(|world| world.outbox.settings().clone())
    }

    /// What waits to be delivered, with the settings: as JSON, without secrets.
    pub fn webhook_state(&self) -> Value {
        self.shared.with_world(|world| world.outbox.view())
    }

    /// Changes some of the settings of webhooks. Events are told to the endpoint of the moment in which they go out.
    pub fn configure_webhooks(&self, change: WebhookChange) -> Result<(), AdminError> {
        self.shared.change(|world| {
            let settings = change.applied(world.outbox.settings());
            if let Some(mistake) = settings.mistake() {
                return Err(AdminError::Refused(mistake.to_owned()));
            }
            world.outbox.configure(settings);
            Ok(())
        })
    }

    /// Points webhooks to an address, with the endpoint's secret.
    pub fn point_webhooks(
        &self,
        url: impl Into<String>,
        secret: impl Into<String>,
    ) -> Result<(), AdminError> {
        self.configure_webhooks(WebhookChange {
            url: Some(Some(url.into())),
            secrets: Some(vec![secret.into()]),
            ..WebhookChange::default()
        })
    }

    /// Delivers nothing until [`Self::resume_webhooks`]; events are collected.
    pub fn pause_webhooks(&self) {
        self.shared.change(|world| world.outbox.pause());
    }

    /// Delivers again.
    pub fn resume_webhooks(&self) {
        self.shared.change(|world| world.outbox.resume());
    }

    /// Delivers everything that waits, paused or not, repeats and delayed events too, and returns when each has been
    /// tried once.
    pub async fn deliver_webhooks(&self) {
        self.shared.change(|world| world.outbox.hurry());
        self.wait(|shared| shared.with_world(|world| world.outbox.is_hurried_through())).await;
    }

    /// Returns when no delivery waits or is under way: each was taken, or given up. There is no time limit; a test
    /// puts its own around it.
    pub async fn wait_for_webhooks(&self) {
        self.wait(|shared| shared.with_world(|world| world.outbox.is_empty())).await;
    }

    /// Has an event delivered once more.
    pub fn resend(&self, event: &str) -> Result<(), AdminError> {
        self.shared.change(|world| {
            if world.books.events.get(event).is_none() {
                return Err(Refusal::no_such("event", event).into());
            }
            world.outbox.resend(event);
            Ok(())
        })
    }

    async fn wait(&self, is_so: impl Fn(&Shared) -> bool) {
        let mut moved = self.shared.moved.subscribe();
        while !is_so(&self.shared) {
            tokio::select! {
                changed = moved.changed() => if changed.is_err() { return },
                () = self.shared.stopping.cancelled() => return,
            }
        }
    }

    /// Adds a fault behind those in force. It counts requests from now on.
    pub fn script(&self, fault: Fault) -> Result<(), AdminError> {
        if let Some(mistake) = fault.mistake() {
            return Err(AdminError::Refused(format!("this is not a fault: {mistake}")));
        }
        self.shared.with_world(|world| {
            if world.script.faults().len() >= FAULTS_MAX {
                return Err(AdminError::Refused(format!("there are {FAULTS_MAX} faults already")));
            }
            world.script.add(fault);
            Ok(())
        })
    }

    /// The faults that can still strike, with what is left of them.
    pub fn faults(&self) -> Vec<Fault> {
        self.shared.with_world(|world| world.script.faults().to_vec())
    }

    /// Ends every fault. Answers that are withheld stay so until they are released or dropped.
    pub fn clear_faults(&self) {
        self.shared.with_world(|world| world.script.clear());
    }

    /// Lets the withheld answers go out.
    pub fn release_held(&self) {
        self.shared.held.send_replace(Release::Answer);
    }

    /// Cuts the connections whose answers are withheld.
    pub fn drop_held(&self) {
        self.shared.held.send_replace(Release::Drop);
    }

    /// The requests to the API, oldest first; the last 20,000.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.with_world(|world| world.journal.requests().cloned().collect())
    }

    /// Forgets the recorded requests.
    pub fn clear_requests(&self) {
        self.shared.with_world(|world| world.journal.clear());
    }

    /// Waits until something became of the n-th recorded request (from 1) with this method, and a path that begins
    /// so. There is no time limit; a test puts its own around it.
    pub async fn wait_for_request(&self, method: &str, path: &str, nth: usize) -> RecordedRequest {
        let find = |shared: &Shared| {
            shared.with_world(|world| {
                let settled =
                    world.journal.requests().filter(|request| request.outcome != RequestOutcome::Pending);
                let mut matching =
                    settled.filter(|request| request.method == method && request.path.starts_with(path));
                matching.nth(nth.saturating_sub(1)).cloned()
            })
        };
        let mut moved = self.shared.moved.subscribe();
        loop {
            if let Some(request) = find(&self.shared) {
                return request;
            }
            // The sender is in `shared`, which this handle keeps alive.
            if moved.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

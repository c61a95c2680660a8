//! Events, with what became of telling them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::table::Row;

/// Something that happened, with the object as it was just after.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) kind: String,
    pub(crate) object: Value,
    pub(crate) api_version: String,
    pub(crate) request: Option<String>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) fate: Fate,
    pub(crate) attempts: Vec<Attempt>,
}

/// What became of the webhook of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Fate {
    /// There was no endpoint to tell.
    Untold,
    /// It waits for its first attempt, or for the next one.
    Waiting,
    /// The endpoint took it.
    Delivered,
    /// Every attempt failed.
    GivenUp,
    /// A script lost it.
    Lost,
}

/// One attempt to deliver an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Attempt {
    pub(crate) at: i64,
    /// Which copy of the event it was, from 1.
    pub(crate) copy: u32,
    /// The status that the endpoint answered.
    pub(crate) status: Option<u16>,
    /// Why there was no answer.
    pub(crate) error: Option<String>,
}

impl Event {
    /// The event as Stripe answers and sends it.
    pub(crate) fn view(&self, pending_webhooks: u32) -> Value {
        json!({
            "id": self.id,
            "object": "event",
            "api_version": self.api_version,
            "created": self.created,
            "data": { "object": self.object },
            "livemode": false,
            "pending_webhooks": pending_webhooks,
            "request": { "id": self.request, "idempotency_key": self.idempotency_key },
            "type": self.kind,
        })
    }

    /// How many endpoints have not taken it yet.
    pub(crate) fn pending(&self) -> u32 {
        u32::from(self.fate == Fate::Waiting)
    }
}

impl Row for Event {
    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }
}

//! Idempotency keys: what one stands for. How they are kept is each engine's own.

use std::time::Duration;

use serde::de::DeserializeOwned;
use trunkline_provisioning::port::Repeat;
use uuid::Uuid;

use crate::codec::from_json;
use crate::error::Fault;

/// How long the answer under a key is kept from its end.
pub(crate) const KEPT: Duration = Duration::from_hours(24);

/// What a key stands for.
#[derive(Debug)]
pub(crate) enum Known {
    /// Another command.
    OtherCommand,
    /// The same command, not ended.
    Open { subject: Uuid },
    /// The same command, ended.
    Ended { subject: Uuid, outcome: String },
}

impl Known {
    /// The same for the ports of provisioning.
    pub(crate) fn into_repeat<T: DeserializeOwned>(self) -> Result<Repeat<T>, Fault> {
        Ok(match self {
            Self::OtherCommand => Repeat::OtherCommand,
            Self::Open { subject } => Repeat::Open { subject },
            Self::Ended { outcome, .. } => Repeat::Ended(from_json("request.outcome", &outcome)?),
        })
    }
}

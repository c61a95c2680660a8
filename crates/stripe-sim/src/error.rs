//! What can go wrong around a simulator, as opposed to what it answers on purpose.

use std::{io, net::SocketAddr, path::PathBuf};

use crate::refusal::Refusal;

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// The address could not be listened on: most often another process has it.
    #[error("cannot listen on {address}; choose another address, or port 0 for any free one")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The state file could not be read or written.
    #[error("cannot use the state file {path}; check that its folder exists and is writable")]
    StateFile {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The state file holds something else than the state of a simulator.
    #[error(
        "the state file {path} is not one that this simulator wrote; move it away to start with no payments"
    )]
    StateFileContent {
        /// The file.
        path: PathBuf,
        /// Where reading it failed.
        #[source]
        source: serde_json::Error,
    },
    /// The client that delivers webhooks could not be made.
    #[error("cannot prepare to deliver webhooks")]
    Webhooks(#[source] reqwest::Error),
    /// The settings of webhooks are wrong.
    #[error("the settings of webhooks are wrong: {0}")]
    WebhookSettings(&'static str),
}

/// Why the admin did not do something. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdminError {
    /// No object has that identifier.
    #[error("{0}")]
    NotFound(String),
    /// The object is not in a state in which this can happen.
    #[error("{0}")]
    Refused(String),
}

impl From<Refusal> for AdminError {
    fn from(refusal: Refusal) -> Self {
        if refusal.message.starts_with("No such") {
            Self::NotFound(refusal.message)
        } else {
            Self::Refused(refusal.message)
        }
    }
}

//! What can go wrong around a simulator, as opposed to what it answers on purpose.

use std::{io, net::SocketAddr, path::PathBuf};

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
    /// The file for recorded requests could not be opened.
    #[error("cannot append requests to {path}; check that its folder exists and is writable")]
    RecordFile {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The state file holds something else than the state of a simulator.
    #[error("the state file {path} is not one that a simulator wrote; move it away to start with no numbers")]
    StateFileContent {
        /// The file.
        path: PathBuf,
        /// Where reading it failed.
        #[source]
        source: serde_json::Error,
    },
}

/// Why something done at the console was not done. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConsoleError {
    /// The number is not in stock, or is owned already.
    #[error("{0} is not for sale here")]
    NotAvailable(String),
    /// No owned number has that SID or phone number.
    #[error("no owned number is {0}")]
    NotOwned(String),
    /// No account has that SID.
    #[error("no account is {0}")]
    NoAccount(String),
    /// A friendly name has 1 to 64 characters.
    #[error("a friendly name has 1 to 64 characters")]
    FriendlyName,
}

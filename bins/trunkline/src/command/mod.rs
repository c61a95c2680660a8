//! The commands, one file each.

use std::fmt::Display;
use std::io::{self, Write};

pub(crate) mod backup;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod key;
pub(crate) mod ledger;
pub(crate) mod migrate;
pub(crate) mod order;
pub(crate) mod prices;
pub(crate) mod reconcile;
pub(crate) mod restore;
pub(crate) mod sandbox;
pub(crate) mod serve;
pub(crate) mod terminal;

/// Tells whoever runs a command something beside its answer, on standard error.
pub(crate) fn remark(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Prints a line of a command's answer. Whoever reads it may stop reading, as `head` does.
pub(crate) fn say(line: impl Display) {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            tracing::error!(%error, "the answer cannot be written");
        }
        Ok(()) | Err(_) => {}
    }
}

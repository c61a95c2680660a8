//! The commands, one file each.

pub(crate) mod doctor;
pub(crate) mod key;
pub(crate) mod migrate;
pub(crate) mod order;
pub(crate) mod prices;
pub(crate) mod sandbox;
pub(crate) mod serve;

/// Prints a line of a command's answer.
#[expect(clippy::print_stdout, reason = "what a command prints is its answer")]
pub(crate) fn say(line: impl std::fmt::Display) {
    println!("{line}");
}

//! Copies of a database file, and their way back.
//!
//! - `copy` makes a copy beside a running server, page by page, of one moment.
//! - `proof` reads what a file holds and whether it is whole; nothing is called a backup, and nothing is put in a
//!   database's place, that it has not read.
//! - `restore` puts a copy in the database's place, and keeps what was there.
//! - `place` puts files where they belong: whole or not at all, and on the disk before anybody is told.
//!
//! A copy is one file: the journal of the moment is in it, and none belongs beside it.

mod copy;
mod error;
mod place;
mod proof;
mod restore;

pub use self::copy::{BackupReport, BackupStep, Existing};
pub use self::error::BackupError;
pub use self::proof::BackupContents;
pub use self::restore::{RestoreReport, Scruples};

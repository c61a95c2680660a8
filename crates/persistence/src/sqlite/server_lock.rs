//! The lock that makes sure that one server uses a database. The system frees it when the process ends, however it
//! ends. The file stays: removing it would let two servers lock two files of the same name.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::options::SqliteOptions;
use crate::error::OpenError;

/// Held as long as it lives.
#[derive(Debug)]
pub(crate) struct ServerLock {
    _file: File,
}

impl ServerLock {
    /// Takes the lock, or says that another server has it.
    pub(crate) fn take(options: &SqliteOptions) -> Result<Self, OpenError> {
        let unusable = |source| OpenError::File { path: options.path.clone(), source };
        Self::take_of(options.path.canonicalize().map_err(unusable)?, options)
    }

    /// The same for a database that need not exist yet. The path is the one without symbolic links.
    pub(super) fn take_of(database: PathBuf, options: &SqliteOptions) -> Result<Self, OpenError> {
        let path = lock_path(database);
        let failed = |source| OpenError::File { path: path.clone(), source };
        let file = private_file(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: options.path.clone() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

/// The file whose lock says that a server is running. Of the database's own path: whoever comes by a symbolic link must
/// meet the same lock.
fn lock_path(database: PathBuf) -> PathBuf {
    let mut path = OsString::from(database);
    path.push(".lock");
    PathBuf::from(path)
}

/// Opens a file that only its owner can read, and makes it where it does not exist.
pub(crate) fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

//! The lock that makes sure that one server uses a database. The system frees it when the process ends, however it
//! ends. The file stays: removing it would let two servers lock two files of the same name.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

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
        let path = options.lock_path();
        let failed = |source| OpenError::File { path: path.clone(), source };
        let file = private_file(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: options.path.clone() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

/// Opens a file that only its owner can read, and makes it where it does not exist.
pub(crate) fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

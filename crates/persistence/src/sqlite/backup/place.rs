//! Files in their places: written beside them first, under a lock, and on the disk before anybody is told.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::error::BackupError;
use crate::sqlite::server_lock::private_file;

/// A file on its way to its place, readable by its owner only. Removed when it is dropped before it got there; what a
/// crash leaves is written over by whoever comes next.
#[derive(Debug)]
pub(super) struct Draft {
    path: PathBuf,
    target: PathBuf,
    /// Held as long as the draft is written: two drafts for one place would be written through each other.
    lock: File,
    placed: bool,
}

impl Draft {
    /// Begins one beside its place, empty.
    pub(super) fn beside(target: &Path) -> Result<Self, BackupError> {
        let path = with_ending(target, ".partial");
        let lock = private_file(&path).map_err(|source| unusable(&path, source))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(BackupError::UnderWay { path: target.to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(&path, source)),
        }
        lock.set_len(0).map_err(|source| unusable(&path, source))?;
        Ok(Self { path, target: target.to_owned(), lock, placed: false })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What is written so far goes to the disk, and what is left for later stays small.
    pub(super) fn flush(&self) -> Result<(), BackupError> {
        self.lock.sync_data().map_err(|source| unusable(&self.path, source))
    }

    /// Moves it into its place, in one step, over whatever is there.
    pub(super) fn put(mut self) -> Result<(), BackupError> {
        let target = self.target.clone();
        self.move_to(&target)
    }

    /// Moves it to another name instead, because it must not have its own.
    pub(super) fn put_aside(mut self, name: &Path) -> Result<(), BackupError> {
        self.move_to(name)
    }

    fn move_to(&mut self, name: &Path) -> Result<(), BackupError> {
        self.lock.sync_all().map_err(|source| unusable(&self.path, source))?;
        fs::rename(&self.path, name).map_err(|source| unusable(name, source))?;
        self.placed = true;
        sync_folder(name)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.placed {
            // It is of no use, and the next one would write over it.
            let _ = fs::remove_file(&self.path);
            for ending in JOURNALS {
                let _ = fs::remove_file(with_ending(&self.path, ending));
            }
        }
    }
}

/// What SQLite keeps beside a file while it is in use.
pub(super) const JOURNALS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A path with something added to its last name.
pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

/// A name beside a file that says why and when, and sorts by time.
pub(super) fn dated(path: &Path, why: &str, at: DateTime<Utc>) -> PathBuf {
    with_ending(path, &format!(".{why}-{}", at.format("%Y%m%dT%H%M%SZ")))
}

/// A renamed file is where it is only when its folder is on the disk.
pub(super) fn sync_folder(file: &Path) -> Result<(), BackupError> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|source| unusable(folder, source))
}

pub(super) fn unusable(path: &Path, source: std::io::Error) -> BackupError {
    BackupError::File { path: path.to_owned(), source }
}

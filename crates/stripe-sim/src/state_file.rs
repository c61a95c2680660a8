//! What outlives the process, on disk. The file is always a whole state: it is written beside its place and then
//! renamed into it. The books and the clock are kept; faults, idempotency keys, recorded requests and the settings of
//! webhooks are not.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use serde::{Deserialize, Serialize};

use crate::{books::Books, error::SimulatorError};

/// The format of the file.
const VERSION: u32 = 1;

/// What is kept.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Kept {
    #[serde(rename = "version")]
    _version: u32,
    pub(crate) clock_ahead_ms: i64,
    pub(crate) books: Books,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Keeping<'b> {
    version: u32,
    clock_ahead_ms: i64,
    books: &'b Books,
}

impl Kept {
    /// The content of the file.
    pub(crate) fn write(books: &Books, clock_ahead_ms: i64) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&Keeping { version: VERSION, clock_ahead_ms, books })
    }
}

/// The file of one simulator.
pub(crate) struct StateFile {
    path: PathBuf,
    /// One write at a time.
    writing: Mutex<()>,
    /// The newest revision that is on disk.
    written: AtomicU64,
}

impl StateFile {
    /// The file with what is in it; nothing if it does not exist yet.
    pub(crate) fn open(path: PathBuf) -> Result<(Self, Option<Kept>), SimulatorError> {
        let kept = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|source| SimulatorError::StateFileContent { path: path.clone(), source })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(SimulatorError::StateFile { path, source }),
        };
        Ok((Self { path, writing: Mutex::new(()), written: AtomicU64::new(0) }, kept))
    }

    /// Whether the file lacks this revision.
    pub(crate) fn lacks(&self, revision: u64) -> bool {
        self.written.load(Ordering::Acquire) < revision
    }

    pub(crate) fn unreadable(&self, source: serde_json::Error) -> SimulatorError {
        SimulatorError::StateFileContent { path: self.path.clone(), source }
    }

    /// Writes this revision, unless a newer one is on disk by now. It blocks, for the disk too.
    pub(crate) fn write(&self, revision: u64, content: &[u8]) -> Result<(), SimulatorError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.lacks(revision) {
            return Ok(());
        }
        replace(&self.path, content)
            .map_err(|source| SimulatorError::StateFile { path: self.path.clone(), source })?;
        self.written.store(revision, Ordering::Release);
        Ok(())
    }
}

/// Puts the content in the file's place, so that a crash leaves the old or the new one whole.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file = File::create(&beside)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

//! Owned numbers on disk, so that they outlive the process. The file is always a whole state: it is written beside
//! its place and then renamed into it. Numbers are kept, faults and recorded requests are not.

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

use crate::{error::SimulatorError, number::OwnedNumber};

/// The format of the file.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    version: u32,
    numbers: Vec<OwnedNumber>,
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
    /// The file with the numbers in it; none if it does not exist yet.
    pub(crate) fn open(path: PathBuf) -> Result<(Self, Vec<OwnedNumber>), SimulatorError> {
        let numbers = match fs::read(&path) {
            Ok(bytes) => {
                let content: Content = serde_json::from_slice(&bytes)
                    .map_err(|source| SimulatorError::StateFileContent { path: path.clone(), source })?;
                content.numbers
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(source) => return Err(SimulatorError::StateFile { path, source }),
        };
        Ok((Self { path, writing: Mutex::new(()), written: AtomicU64::new(0) }, numbers))
    }

    /// Whether the file lacks this revision.
    pub(crate) fn lacks(&self, revision: u64) -> bool {
        self.written.load(Ordering::Acquire) < revision
    }

    /// Writes this revision, unless a newer one is on disk by now. It blocks, for the disk too.
    pub(crate) fn write(&self, revision: u64, numbers: Vec<OwnedNumber>) -> Result<(), SimulatorError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.lacks(revision) {
            return Ok(());
        }
        let content = serde_json::to_vec_pretty(&Content { version: VERSION, numbers })
            .map_err(|source| SimulatorError::StateFileContent { path: self.path.clone(), source })?;
        replace(&self.path, &content)
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

//! What outlives the process, on disk. The file is always a whole state: it is written beside its place and then
//! renamed into it. Numbers, addresses, accounts and the clock are kept; faults, recorded requests and charges are
//! not.

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

use crate::{
    accounts::Account, address::Address, config::SimulatorConfig, error::SimulatorError, number::OwnedNumber,
    world::World,
};

/// The format of the file. Version 1 had numbers only.
const VERSION: u32 = 2;

/// What is kept.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Kept {
    version: u32,
    pub(crate) numbers: Vec<OwnedNumber>,
    #[serde(default)]
    pub(crate) addresses: Vec<Address>,
    #[serde(default)]
    pub(crate) accounts: Vec<KeptAccount>,
    /// How far the simulated clock is ahead of the machine's.
    #[serde(default)]
    pub(crate) clock_ahead_ms: i64,
}

/// An account. The passwords of configured ones are not written down.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct KeptAccount {
    pub(crate) account: Account,
    /// Only of an account that a client made.
    #[serde(default)]
    pub(crate) auth_token: Option<String>,
}

impl Kept {
    pub(crate) fn of(world: &World, config: &SimulatorConfig, clock_ahead_ms: i64) -> Self {
        let configured =
            |sid: &str| sid == config.account_sid || config.subaccounts.iter().any(|below| below.sid == sid);
        let accounts = world.accounts.all().map(|account| KeptAccount {
            account: account.clone(),
            auth_token: if configured(&account.sid) {
                None
            } else {
                world.accounts.auth_token(&account.sid).map(ToOwned::to_owned)
            },
        });
        Self {
            version: VERSION,
            numbers: world.holdings.numbers().cloned().collect(),
            addresses: world.addresses.clone(),
            accounts: accounts.collect(),
            clock_ahead_ms,
        }
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
    pub(crate) fn open(path: PathBuf) -> Result<(Self, Kept), SimulatorError> {
        let kept = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|source| SimulatorError::StateFileContent { path: path.clone(), source })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Kept::default(),
            Err(source) => return Err(SimulatorError::StateFile { path, source }),
        };
        Ok((Self { path, writing: Mutex::new(()), written: AtomicU64::new(0) }, kept))
    }

    /// Whether the file lacks this revision.
    pub(crate) fn lacks(&self, revision: u64) -> bool {
        self.written.load(Ordering::Acquire) < revision
    }

    /// Writes this revision, unless a newer one is on disk by now. It blocks, for the disk too.
    pub(crate) fn write(&self, revision: u64, kept: &Kept) -> Result<(), SimulatorError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.lacks(revision) {
            return Ok(());
        }
        let content = serde_json::to_vec_pretty(kept)
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

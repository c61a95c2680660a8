//! A copy of one moment, made beside a running server by SQLite's online backup.
//!
//! The copying connection stays in one read transaction from the first page to the last. In a write-ahead log that
//! keeps nobody from writing, and it is what lets the copy end: between the steps of a backup whose source is not held,
//! every commit of the server would make it begin again. Each step is bounded, and so is what waits for the disk; after
//! each there is a pause as long as it took, so that the server's commits meet a disk that is busy half the time at most.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use trunkline_domain::Clock;

use super::error::BackupError;
use super::place::{self, Draft};
use super::proof::{self, BackupContents};
use crate::error::OpenError;
use crate::sqlite::file::DatabaseFile;
use crate::sqlite::{SqliteOptions, SqliteStore};

/// How many pages a step copies: a megabyte, of pages of 4096 bytes.
const STEP_PAGES: i32 = 256;

/// After how many steps what was written goes to the disk. A server that commits meanwhile waits for no more than that.
const STEPS_UNFLUSHED: u32 = 4;

/// What becomes of a file that has the backup's name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and there is no backup.
    Keep,
    /// A verified copy takes its place, in one step.
    Replace,
}

/// How far a backup is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackupStep {
    /// So many pages of so many are copied.
    Copied {
        /// Pages that the copy has.
        done: u32,
        /// Pages that the database has.
        of: u32,
    },
    /// All are copied, and the copy is read and checked.
    Verifying,
}

/// A backup that is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupReport {
    /// Where it is.
    pub path: PathBuf,
    /// How large.
    pub bytes: u64,
    /// How long copying took; the moment of the copy is its beginning.
    pub copied_in: Duration,
    /// How long the copy was checked.
    pub verified_in: Duration,
    /// What it holds.
    pub contents: BackupContents,
}

impl SqliteStore {
    /// Copies a database to a file, verified, beside its running server or without one. The file has its name only when
    /// it is whole and on the disk, and only its owner can read it. Dropping the future does not end the copying.
    pub async fn back_up(
        options: &SqliteOptions,
        to: &Path,
        existing: Existing,
        clock: &dyn Clock,
        told: impl Fn(BackupStep) + Send + 'static,
    ) -> Result<BackupReport, BackupError> {
        Box::pin(back_up(options, to, existing, clock, told)).await
    }
}

async fn back_up(
    options: &SqliteOptions,
    to: &Path,
    existing: Existing,
    clock: &dyn Clock,
    told: impl Fn(BackupStep) + Send + 'static,
) -> Result<BackupReport, BackupError> {
    let source = options.path.clone();
    if !source.exists() {
        return Err(OpenError::Missing { path: source }.into());
    }
    DatabaseFile::of(&source)?;
    refuse_place(&source, to, existing)?;
    let draft = Draft::beside(to)?;
    let (started, began_at) = (Instant::now(), clock.now());
    let busy = options.busy_timeout;
    let (draft, told, copied_in) = blocking(move || {
        copy(&source, &draft, busy, &told)?;
        let copied_in = started.elapsed();
        told(BackupStep::Verifying);
        proof::settle(draft.path())?;
        Ok((draft, told, copied_in))
    })
    .await?;
    drop(told);
    let started = Instant::now();
    proof::check_pages(draft.path()).await?;
    let (contents, ledger) = proof::contents(draft.path()).await?;
    if !ledger.is_balanced() {
        let kept = place::dated(to, "unbalanced", began_at);
        draft.put_aside(&kept)?;
        return Err(BackupError::UnbalancedCopy { faults: ledger.fault_count, kept });
    }
    refuse_place(&options.path, to, existing)?;
    draft.put()?;
    let bytes = std::fs::metadata(to).map_err(|source| place::unusable(to, source))?.len();
    Ok(BackupReport { path: to.to_owned(), bytes, copied_in, verified_in: started.elapsed(), contents })
}

/// Runs what waits for the disk where nobody else waits for it.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|panicked| Err(BackupError::Engine(Box::new(panicked))))
}

/// Whether a copy may have this name.
fn refuse_place(database: &Path, to: &Path, existing: Existing) -> Result<(), BackupError> {
    let Ok(there) = to.canonicalize() else { return Ok(()) };
    if database.canonicalize().is_ok_and(|database| database == there) {
        return Err(BackupError::Itself { path: to.to_owned() });
    }
    match existing {
        Existing::Keep => Err(BackupError::Exists { path: to.to_owned() }),
        Existing::Replace => Ok(()),
    }
}

fn copy(
    source: &Path,
    draft: &Draft,
    busy_timeout: Duration,
    told: &impl Fn(BackupStep),
) -> Result<(), BackupError> {
    let from = Connection::open_with_flags(source, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    from.busy_timeout(busy_timeout)?;
    // The moment of the copy: reading anything fixes it until the transaction ends.
    from.execute_batch("PRAGMA query_only = ON; BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1")?;
    let mut to = Connection::open_with_flags(draft.path(), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // A draft that breaks off is thrown away, so it needs no journal; we say ourselves when it goes to the disk.
    to.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")?;
    let backup = Backup::new(&from, &mut to)?;
    let mut unflushed = 0;
    loop {
        let began = Instant::now();
        let step = backup.step(STEP_PAGES)?;
        let progress = backup.progress();
        let of = progress.pagecount.unsigned_abs();
        told(BackupStep::Copied { done: of.saturating_sub(progress.remaining.unsigned_abs()), of });
        unflushed += 1;
        if unflushed == STEPS_UNFLUSHED {
            draft.flush()?;
            unflushed = 0;
        }
        match step {
            StepResult::Done => break,
            _ => std::thread::sleep(began.elapsed().max(Duration::from_millis(1))),
        }
    }
    drop(backup);
    to.close().map_err(|(_, error)| error)?;
    from.close().map_err(|(_, error)| error.into())
}

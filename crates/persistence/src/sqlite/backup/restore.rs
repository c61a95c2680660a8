//! A copy in the database's place. Nothing is thrown away: what stood there is kept beside it, under a dated name, and
//! at no time is there no database.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rusqlite::{ErrorCode, OpenFlags};
use sqlx::{ConnectOptions, Connection};
use trunkline_domain::{Clock, DeploymentId, Origin, Reason};
use trunkline_provisioning::port::{DecisionStore, ReleaseStop, StoppedReleases};

use super::copy::blocking;
use super::error::BackupError;
use super::place::{self, Draft, JOURNALS, with_ending};
use super::proof::{self, BackupContents};
use crate::sqlite::open::read_deployment;
use crate::sqlite::server_lock::ServerLock;
use crate::sqlite::{SqliteOptions, SqliteStore, migrations};

/// What a restore asks of a file beyond that it is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scruples {
    /// That it is of the same installation as the database, knows nothing that this program does not, and balances.
    All,
    /// Nothing: whoever asks has looked.
    None,
}

/// A copy that is in the database's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreReport {
    /// The database.
    pub path: PathBuf,
    /// Where the one before is; nowhere if there was none.
    pub kept: Option<PathBuf>,
    /// The migrations that the copy lacked, as `2 ledger`.
    pub migrated: Vec<String>,
    /// What it holds.
    pub contents: BackupContents,
    /// How many faults its ledger has; none, but for whoever has no scruples.
    pub faults: u64,
    /// Releases that were under way in it. They wait for an operator: what was to be given back may be kept by now.
    pub stopped: StoppedReleases,
}

impl SqliteStore {
    /// Puts a copy in the place of a database that nobody has open, in somebody's name, brought up to this program's schema. A server finds
    /// it at its next start. Refuses while a server runs; what it refuses leaves the database as it was.
    pub async fn restore(
        options: &SqliteOptions,
        from: &Path,
        scruples: Scruples,
        clock: Arc<dyn Clock>,
        origin: &Origin,
        reason: &Reason,
    ) -> Result<RestoreReport, BackupError> {
        Box::pin(restore(options, from, scruples, clock, origin, reason)).await
    }
}

async fn restore(
    options: &SqliteOptions,
    from: &Path,
    scruples: Scruples,
    clock: Arc<dyn Clock>,
    origin: &Origin,
    reason: &Reason,
) -> Result<RestoreReport, BackupError> {
    let target = real_path(&options.path)?;
    if from.canonicalize().is_ok_and(|from| from == target) {
        return Err(BackupError::Itself { path: from.to_owned() });
    }
    if let Some(journal) = journal_of(from) {
        return Err(BackupError::Unfinished { path: from.to_owned(), journal });
    }
    // Held until the copy is in its place: no server starts meanwhile.
    let _lock = ServerLock::take_of(target.clone(), options)?;
    let draft = Draft::beside(&target)?;
    let source = from.to_owned();
    let draft = blocking(move || {
        fs::copy(&source, draft.path()).map_err(|error| place::unusable(&source, error))?;
        make_private(draft.path())?;
        proof::settle(draft.path()).map_err(|error| named(error, draft.path(), &source))?;
        Ok(draft)
    })
    .await?;
    let judged = judge(options, &draft, scruples, &clock, origin, reason).await;
    let Judged { contents, faults, migrated, stopped } =
        judged.map_err(|error| named(error, draft.path(), from))?;
    let (place, now) = (target.clone(), clock.now());
    let kept = blocking(move || {
        let kept = set_aside(&place, now)?;
        draft.put()?;
        Ok(kept)
    })
    .await?;
    Ok(RestoreReport { path: options.path.clone(), kept, migrated, contents, faults, stopped })
}

/// What a copy holds that may be used.
struct Judged {
    contents: BackupContents,
    faults: u64,
    migrated: Vec<String>,
    stopped: StoppedReleases,
}

/// What the copy holds, if it may be used; brought up to this schema, and with its releases stopped.
async fn judge(
    options: &SqliteOptions,
    draft: &Draft,
    scruples: Scruples,
    clock: &Arc<dyn Clock>,
    origin: &Origin,
    reason: &Reason,
) -> Result<Judged, BackupError> {
    let (file, path) = (draft.path(), draft.path().to_owned());
    proof::check_pages(file).await?;
    let (found, known) = (proof::schema_version(file).await?, migrations::newest_known());
    if found > known && scruples == Scruples::All {
        return Err(BackupError::Newer { path, found, known });
    }
    let draft = SqliteOptions { path: path.clone(), exclusive: false, ..options.clone() };
    let migrated = SqliteStore::migrate(&draft, clock.as_ref()).await?;
    let stopped = stop_releases(draft, clock, origin, reason).await?;
    let settling = path.clone();
    blocking(move || proof::settle(&settling)).await?;
    let (contents, ledger) = proof::contents(file).await?;
    let (faults, present) = (ledger.fault_count, deployment_of(options).await);
    if scruples == Scruples::All {
        if faults > 0 {
            return Err(BackupError::UnbalancedFile { path, faults });
        }
        if let Some(present) = present.filter(|present| *present != contents.deployment) {
            return Err(BackupError::OtherDeployment { path, found: contents.deployment, present });
        }
    }
    Ok(Judged { contents, faults, migrated: migrated.applied, stopped })
}

/// A release cannot be undone, and recovery would carry it out as soon as a server starts.
async fn stop_releases(
    draft: SqliteOptions,
    clock: &Arc<dyn Clock>,
    origin: &Origin,
    reason: &Reason,
) -> Result<StoppedReleases, BackupError> {
    let now = clock.now();
    let store = SqliteStore::open(draft, Arc::clone(clock)).await?;
    let stopped = store.stop_releases(&ReleaseStop::change(reason, origin, store.deployment(), now)).await;
    store.close().await;
    stopped.map_err(BackupError::Releases)
}

/// The database's own path, without symbolic links. It need not exist, and its folder must.
fn real_path(path: &Path) -> Result<PathBuf, BackupError> {
    if let Ok(there) = path.canonicalize() {
        return Ok(there);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let real = folder.canonicalize().map_err(|source| place::unusable(folder, source))?;
    Ok(path.file_name().map_or(real.clone(), |name| real.join(name)))
}

/// A journal beside a file, with something in it.
fn journal_of(file: &Path) -> Option<PathBuf> {
    let journals = ["-wal", "-journal"].map(|ending| with_ending(file, ending));
    journals.into_iter().find(|journal| fs::metadata(journal).is_ok_and(|found| found.len() > 0))
}

fn make_private(file: &Path) -> Result<(), BackupError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let private = fs::Permissions::from_mode(0o600);
        fs::set_permissions(file, private).map_err(|source| place::unusable(file, source))?;
    }
    Ok(())
}

/// Whose the database is that stands there; `None` where that cannot be read, which a restore may be for.
async fn deployment_of(options: &SqliteOptions) -> Option<DeploymentId> {
    if !is_sqlite(&options.path) {
        return None;
    }
    let mut connection = options.connect_options().connect().await.ok()?;
    let deployment = read_deployment(&mut connection).await;
    connection.close().await.ok()?;
    deployment.ok()
}

/// Whether a file begins as SQLite's do. One that does not has nothing to do with the journals beside it, and SQLite
/// would remove them.
fn is_sqlite(file: &Path) -> bool {
    const MAGIC: [u8; 16] = *b"SQLite format 3\0";
    let mut beginning = [0; MAGIC.len()];
    let read = fs::File::open(file).and_then(|mut file| file.read_exact(&mut beginning));
    read.is_ok() && beginning == MAGIC
}

/// An error about the draft is about the file that it is a copy of.
fn named(error: BackupError, draft: &Path, file: &Path) -> BackupError {
    let of = |path: PathBuf| if path == draft { file.to_owned() } else { path };
    match error {
        BackupError::Foreign { path } => BackupError::Foreign { path: of(path) },
        BackupError::Damaged { path, said } => BackupError::Damaged { path: of(path), said },
        BackupError::UnbalancedFile { path, faults } => {
            BackupError::UnbalancedFile { path: of(path), faults }
        }
        BackupError::Newer { path, found, known } => BackupError::Newer { path: of(path), found, known },
        BackupError::OtherDeployment { path, found, present } => {
            BackupError::OtherDeployment { path: of(path), found, present }
        }
        other => other,
    }
}

/// Keeps the database that is there under a dated name, whole. Its journal is written back into it first; where it is
/// too damaged for that, its journals go with it, and under names with which SQLite would find them.
fn set_aside(database: &Path, now: DateTime<Utc>) -> Result<Option<PathBuf>, BackupError> {
    if !database.exists() {
        return Ok(None);
    }
    if is_sqlite(database) {
        write_journal_back(database)?;
    }
    let kept = place::dated(database, "before-restore", now);
    for ending in JOURNALS {
        let (from, to) = (with_ending(database, ending), with_ending(&kept, ending));
        if from.exists() {
            fs::rename(&from, &to).map_err(|source| place::unusable(&from, source))?;
        }
    }
    // A second name first, so that there is a database all the time; the copy takes the first one in one step. A file
    // system without second names moves it.
    fs::hard_link(database, &kept)
        .or_else(|_| fs::rename(database, &kept))
        .map_err(|source| place::unusable(&kept, source))?;
    place::sync_folder(database)?;
    Ok(Some(kept))
}

/// Refuses a database that somebody has open. Whatever else is wrong with it is no reason to keep it in its place.
fn write_journal_back(database: &Path) -> Result<(), BackupError> {
    let busy = || BackupError::Busy { path: database.to_owned() };
    let attempt = || -> rusqlite::Result<String> {
        let connection = rusqlite::Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let mode = connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
        connection.close().map_err(|(_, error)| error)?;
        Ok(mode)
    };
    match attempt() {
        Ok(mode) if mode == "delete" => Ok(()),
        Ok(_) => Err(busy()),
        Err(error) if is_busy(&error) => Err(busy()),
        Err(error) => {
            tracing::warn!(%error, "the database that is there cannot be read; it is kept as it is");
            Ok(())
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

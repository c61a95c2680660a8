//! Which file a path names. SQLite finds the journal and the locks of a database by its path, so a file with two names
//! has two journals, and neither knows of the other ("How To Corrupt An SQLite Database File", multiple links); and a
//! file that is moved away while it is open goes on taking writes that nobody will find.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::error::OpenError;

/// A database file as it was when it was opened. Symbolic links to it are no other names.
#[derive(Debug)]
pub(crate) struct DatabaseFile {
    path: PathBuf,
    identity: Identity,
}

/// What the system knows a file by, whatever its name: device and inode.
#[cfg(unix)]
type Identity = (u64, u64);

/// Elsewhere an open file cannot be moved away.
#[cfg(not(unix))]
type Identity = ();

/// The path does not lead to the database any more.
#[derive(Debug, thiserror::Error)]
#[error("{} is not the file that was opened: put it back, or start again", path.display())]
pub(crate) struct Moved {
    path: PathBuf,
    #[source]
    source: Option<io::Error>,
}

impl DatabaseFile {
    /// The file that a path leads to. Refuses one that has another name.
    pub(crate) fn of(path: &Path) -> Result<Self, OpenError> {
        let unusable = |source| OpenError::File { path: path.to_owned(), source };
        let metadata = fs::metadata(path).map_err(unusable)?;
        let links = links(&metadata);
        if links > 1 {
            return Err(OpenError::Linked { path: path.to_owned(), links });
        }
        Ok(Self { path: path.to_owned(), identity: identity(&metadata) })
    }

    /// Whether the path still leads to it.
    pub(crate) async fn check_in_place(&self) -> Result<(), Moved> {
        let moved = |source| Moved { path: self.path.clone(), source };
        let metadata = tokio::fs::metadata(&self.path).await.map_err(|error| moved(Some(error)))?;
        if identity(&metadata) == self.identity { Ok(()) } else { Err(moved(None)) }
    }
}

#[cfg(unix)]
fn identity(metadata: &fs::Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(_: &fs::Metadata) -> Identity {}

#[cfg(unix)]
fn links(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(metadata)
}

#[cfg(not(unix))]
fn links(_: &fs::Metadata) -> u64 {
    1
}

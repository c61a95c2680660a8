//! The sandbox's clock: the machine's, moved ahead by `trunkline sandbox advance`, and kept so over a restart in a file
//! beside the sandbox's database. A server of customers never has one.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use trunkline_domain::{Clock, SystemClock};

/// Its file's name in the sandbox's folder.
const FILE_NAME: &str = "sandbox-clock.json";

/// A clock that is moved ahead, never back.
#[derive(Debug)]
pub(crate) struct SandboxClock {
    file: PathBuf,
    ahead_ms: AtomicI64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Kept {
    ahead_ms: i64,
}

impl SandboxClock {
    /// The clock of the database in this file; the machine's where none was kept.
    pub(crate) fn beside(database: &Path) -> anyhow::Result<Self> {
        let file = database.with_file_name(FILE_NAME);
        let ahead_ms = match std::fs::read(&file) {
            Ok(text) => serde_json::from_slice::<Kept>(&text)
                .with_context(|| format!("{} does not say how far the clock is ahead", file.display()))?
                .ahead_ms
                .max(0),
            Err(error) if error.kind() == ErrorKind::NotFound => 0,
            Err(error) => return Err(error).with_context(|| format!("{} cannot be read", file.display())),
        };
        Ok(Self { file, ahead_ms: AtomicI64::new(ahead_ms) })
    }

    /// How far it is ahead of the machine's.
    pub(crate) fn ahead(&self) -> TimeDelta {
        TimeDelta::milliseconds(self.ahead_ms.load(Ordering::Relaxed))
    }

    /// Moves it to a time, at least to the millisecond; to one that has passed, it stays. It has moved only when that is
    /// on the disk, so that a restart never brings it back.
    pub(crate) fn move_to(&self, time: DateTime<Utc>) -> anyhow::Result<()> {
        let ahead_ms = (time - SystemClock.now()).num_milliseconds().saturating_add(1);
        if ahead_ms > self.ahead_ms.load(Ordering::Relaxed) {
            let text = serde_json::to_vec(&Kept { ahead_ms })?;
            replace(&self.file, &text)
                .with_context(|| format!("{} cannot be written", self.file.display()))?;
            self.ahead_ms.fetch_max(ahead_ms, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl Clock for SandboxClock {
    fn now(&self) -> DateTime<Utc> {
        let now = SystemClock.now();
        now.checked_add_signed(self.ahead()).unwrap_or(now)
    }
}

/// Puts a text in the file's place, whole.
fn replace(file: &Path, text: &[u8]) -> io::Result<()> {
    let draft = file.with_extension("json.new");
    let mut out = File::create(&draft)?;
    out.write_all(text)?;
    out.sync_all()?;
    std::fs::rename(&draft, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_moves_ahead_only_and_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("trunkline.db");
        let clock = SandboxClock::beside(&database).unwrap();
        assert_eq!(clock.ahead(), TimeDelta::zero());
        let month = clock.now() + TimeDelta::days(31);
        clock.move_to(month).unwrap();
        assert!(clock.now() >= month);
        clock.move_to(month - TimeDelta::days(3)).unwrap();
        assert!(clock.now() >= month, "never back");
        assert_eq!(SandboxClock::beside(&database).unwrap().ahead(), clock.ahead());
        std::fs::write(folder.path().join(FILE_NAME), "{}").unwrap();
        assert!(SandboxClock::beside(&database).is_err(), "not the machine's time, which would be back");
    }
}

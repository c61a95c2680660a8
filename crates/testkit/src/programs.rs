//! The installed programs of PostgreSQL, and the user to run them as.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::{Gid, Uid, User, geteuid};

/// Where Debian keeps the programs of each version of PostgreSQL.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Who runs the server when the tests run as root, which PostgreSQL refuses to serve: the first that exists.
const STAND_INS: [&str; 2] = ["postgres", "nobody"];

/// The folder with `initdb` and `postgres`: `$PG_BINDIR`, or else the newest version that is installed.
pub(crate) fn folder() -> PathBuf {
    let named = std::env::var_os("PG_BINDIR").map(PathBuf::from);
    let folder = named.or_else(newest).unwrap_or_else(|| {
        panic!("no PostgreSQL: there is none under {DEBIAN}. Install postgresql, or set PG_BINDIR to its programs")
    });
    for program in ["initdb", "postgres", "psql"] {
        assert!(folder.join(program).exists(), "no PostgreSQL: {} lacks {program}", folder.display());
    }
    folder
}

fn newest() -> Option<PathBuf> {
    let versions = std::fs::read_dir(DEBIAN).ok()?.filter_map(Result::ok);
    let numbered = versions.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let folder = entry.path().join("bin");
        folder.join("postgres").exists().then_some((version, folder))
    });
    numbered.max().map(|(_, folder)| folder)
}

/// The user that the server runs as; `None` where that is who we are.
pub(crate) fn stand_in() -> Option<(Uid, Gid)> {
    if !geteuid().is_root() {
        return None;
    }
    let user = STAND_INS.iter().find_map(|name| User::from_name(name).ok().flatten());
    let user = user.unwrap_or_else(|| panic!("PostgreSQL refuses root, and none of {STAND_INS:?} exists"));
    Some((user.uid, user.gid))
}

/// A program that runs as the server's user, in a place that this user may be in.
pub(crate) fn command(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    if let Some((user, group)) = stand_in() {
        command.uid(user.as_raw()).gid(group.as_raw());
    }
    command.env("LC_ALL", "C.UTF-8").current_dir("/");
    command
}

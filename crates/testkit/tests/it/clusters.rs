//! Servers of their own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use trunkline_testkit::{Cluster, Durability, StopMode};

fn until(what: &str, condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(20), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether any process has the folder in its command line.
fn is_served(folder: &Path) -> bool {
    let wanted = folder.to_string_lossy().into_owned();
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    processes
        .filter_map(|process| std::fs::read(process.path().join("cmdline")).ok())
        .any(|line| String::from_utf8_lossy(&line).contains(&wanted))
}

#[test]
fn a_dropped_cluster_leaves_nothing() {
    let cluster = Cluster::start(Durability::Fast);
    let folder = cluster.socket_folder().to_owned();
    assert_eq!(cluster.server().run(&["SELECT 1", "SELECT 2"]), "1\n2");
    drop(cluster);
    assert!(!folder.exists());
    assert!(!is_served(&folder));
}

#[test]
fn what_is_committed_survives_every_kind_of_stop() {
    let cluster = Cluster::start(Durability::Full);
    let database = cluster.server().empty_database();
    database.run(&["CREATE TABLE kept (n int)"]);
    for (n, mode) in [StopMode::Fast, StopMode::Immediate, StopMode::Kill].into_iter().enumerate() {
        database.run(&[&format!("INSERT INTO kept VALUES ({n})")]);
        cluster.stop(mode);
        database.try_run(&["SELECT 1"]).unwrap_err();
        cluster.start_again();
        assert_eq!(database.run(&["SELECT count(*) FROM kept"]), (n + 1).to_string(), "{mode:?}");
    }
}

#[test]
fn settings_are_the_servers() {
    let cluster = Cluster::start_with(Durability::Full, &["work_mem=7MB"]);
    assert_eq!(cluster.server().run(&["SHOW work_mem", "SHOW fsync"]), "7MB\non");
}

/// Whoever holds a cluster may be killed at any time: the pipe to the keeper closes with them.
#[test]
fn a_holder_that_is_killed_leaves_nothing() {
    let mut holder = Command::new(env!("CARGO_BIN_EXE_throwaway-postgres"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut address = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(holder.stdout.take().unwrap()), &mut address)
        .unwrap();
    let folder = PathBuf::from(address.trim().split_once("host=").unwrap().1);
    assert!(folder.exists());
    holder.kill().unwrap();
    holder.wait().unwrap();
    until("the server is gone", || !folder.exists() && !is_served(&folder));
}

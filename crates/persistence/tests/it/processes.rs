//! The file as other processes and power cuts see it. What happens in another process is an ignored test of this
//! module, which the tests start with the database in its environment.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sqlx::Connection;
use sqlx::sqlite::SqliteConnectOptions;
use trunkline_domain::{OrderId, OrderState, SystemClock};
use trunkline_persistence::{SqliteOptions, SqliteStore};
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::contract::fixture::{ann, sid, usd};
use trunkline_provisioning::port::{OrderStore, Scope};
use trunkline_wallet::contract::ManualClock;
use trunkline_wallet::{WalletStore, WalletStoreError, verify_ledger};

use crate::fixture::Database;

/// Where the other process finds the database.
const DATABASE: &str = "TRUNKLINE_TEST_DATABASE";

/// What it says when it holds the lock, and before the id of each order that was acknowledged as completed.
const HELD: &str = "held";
const COMPLETED: &str = "completed ";

const PATIENCE: Duration = Duration::from_mins(1);

/// One of the ignored tests below, in a process of its own. Killed when dropped.
struct Other {
    process: Child,
    said: BufReader<ChildStdout>,
    input: Option<ChildStdin>,
}

impl Other {
    fn start(test: &str, database: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", &format!("processes::{test}"), "--ignored", "--nocapture"]);
        command.env(DATABASE, database).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let said = BufReader::new(process.stdout.take().unwrap());
        let input = process.stdin.take();
        Self { process, said, input }
    }

    /// The rest of the next line that begins so.
    fn hear(&mut self, beginning: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.said.read_line(&mut line).unwrap() > 0, "it ended without saying `{beginning}`");
            // The harness may have written something before it.
            if let Some((_, rest)) = line.split_once(beginning) {
                return rest.trim().to_owned();
            }
        }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.process.id()).unwrap()), signal).unwrap();
    }

    /// Stops all of it where it stands, and waits until it does.
    fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
        let began = Instant::now();
        let tasks = format!("/proc/{}/task", self.process.id());
        let stands = |task: std::fs::DirEntry| {
            let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
            stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
        };
        while !std::fs::read_dir(&tasks).unwrap().map(Result::unwrap).all(stands) {
            assert!(began.elapsed() < PATIENCE, "it does not stop");
            std::thread::yield_now();
        }
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn database_of_the_environment() -> std::path::PathBuf {
    std::env::var_os(DATABASE).expect("run by the tests beside it").into()
}

#[tokio::test]
#[ignore = "is run by a_file_that_another_process_has_locked_is_unavailable"]
async fn hold_the_lock() {
    let path = database_of_the_environment();
    let mut connection =
        sqlx::SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path)).await.unwrap();
    let _held = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
    println!("{HELD}");
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).unwrap();
}

#[tokio::test]
#[ignore = "is run by every_moment_of_the_files_is_a_whole_database"]
async fn buy_for_ever() {
    let options = SqliteOptions::new(database_of_the_environment());
    let store = Arc::new(SqliteStore::open(options, Arc::new(SystemClock)).await.unwrap());
    let f = Fixture::of(&store, ManualClock::new(), Box::new(()));
    let mut out = std::io::stdout();
    for n in 1.. {
        f.credit(&ann(), usd("1.50")).await;
        let order = f.open(&ann(), n, usd("1.50")).await.order;
        f.settle(&order, &sid(n.into())).await;
        writeln!(out, "{COMPLETED}{}", order.id).unwrap();
    }
}

#[tokio::test]
async fn a_file_that_another_process_has_locked_is_unavailable() {
    let database = Database::new().await;
    let options = SqliteOptions { busy_timeout: Duration::from_millis(1), ..database.server_options() };
    let store = SqliteStore::open(options, database.clock()).await.unwrap();
    let f = database.changes(&store);
    let mut other = Other::start("hold_the_lock", &database.path());
    other.hear(HELD);
    let credit = f.credit_of(&ann(), usd("1"));
    assert!(matches!(store.credit(&credit).await, Err(WalletStoreError::Unavailable(_))));
    assert_eq!(f.balance(&ann()).await.posted, usd("0"), "reading goes on");
    other.input = None;
    other.process.wait().unwrap();
    store.credit(&credit).await.unwrap();
    assert_eq!(f.balance(&ann()).await.posted, usd("1"));
}

/// Another process buys and buys. Every now and then it is stopped where it stands, and its files are copied as a
/// power cut would leave them: half of a page was being written after the last commit. The copy opens, adds up, and
/// has whatever was acknowledged.
#[tokio::test]
async fn every_moment_of_the_files_is_a_whole_database() {
    let database = Database::new().await;
    let mut other = Other::start("buy_for_ever", &database.path());
    let mut completed: Vec<OrderId> = Vec::new();
    let mut grew_shorter = false;
    let mut longest = 0;
    for moment in 0..20_usize {
        // Different distances, so that some moments fall into the writing back of the log.
        for _ in 0..=(moment * 7) % 11 {
            completed.push(other.hear(COMPLETED).parse().unwrap());
        }
        for _ in 0..moment * 997 {
            std::hint::spin_loop();
        }
        other.freeze();
        let copy = Database::empty();
        std::fs::copy(database.path(), copy.path()).unwrap();
        let log = std::fs::read(log_of(&database)).unwrap();
        grew_shorter |= committed_length(&log) < longest;
        longest = longest.max(committed_length(&log));
        std::fs::write(log_of(&copy), torn(log)).unwrap();
        other.signal(Signal::SIGCONT);
        assert_whole(&copy, &completed).await;
    }
    assert!(grew_shorter, "the log was written back and begun anew meanwhile");
}

async fn assert_whole(copy: &Database, completed: &[OrderId]) {
    let store = SqliteStore::open(copy.options(), copy.clock()).await.unwrap();
    let check: String =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut copy.stranger().await).await.unwrap();
    assert_eq!(check, "ok");
    assert_eq!(verify_ledger(&store.snapshot().await.unwrap()), []);
    for id in completed {
        let order = store.order(&Scope::Everyone, *id).await.unwrap();
        assert_eq!(order.map(|order| order.state), Some(OrderState::Completed), "{id} was acknowledged");
    }
}

fn log_of(database: &Database) -> std::path::PathBuf {
    database.folder.path().join("trunkline.db-wal")
}

/// The parts of a write-ahead log, in bytes ("WAL-mode File Format" in SQLite's documentation).
const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

fn number(log: &[u8], at: usize) -> usize {
    u32::from_be_bytes(log[at..at + 4].try_into().unwrap()) as usize
}

fn frame_length(log: &[u8]) -> usize {
    FRAME_HEADER + number(log, 8)
}

/// Where the last transaction ends that is in the log whole. Frames of an earlier round of the log carry other salts.
fn committed_length(log: &[u8]) -> usize {
    let mut committed = LOG_HEADER;
    let mut frame = LOG_HEADER;
    while frame + frame_length(log) <= log.len() && log[frame + 8..frame + 16] == log[16..24] {
        let is_commit = number(log, frame + 4) != 0;
        frame += frame_length(log);
        if is_commit {
            committed = frame;
        }
    }
    committed
}

/// The log with half a frame of noise after its last transaction, and nothing behind it.
fn torn(mut log: Vec<u8>) -> Vec<u8> {
    let half = frame_length(&log) / 2;
    log.truncate(committed_length(&log));
    log.extend((0..half).map(|n| u8::try_from(n * 31 % 256).unwrap()));
    log
}

//! A server of its own, for as long as somebody holds it.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::kill;
use nix::sys::statvfs::statvfs;
use nix::unistd::{Pid, chown};

use crate::database::Server;
use crate::programs;

/// How long a server may take to start or to stop. A crash before a start makes it replay its log.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// How often a state that nobody announces is looked at.
pub(crate) const POLL: Duration = Duration::from_millis(5);

/// Where folders go: the paths of the sockets in them must be shorter than 108 bytes, which a build folder's may not be.
const ROOT: &str = "/tmp";

/// Where the folders of servers go that wait for no disk, if there is room in it. A database is some hundred files, and tests
/// make and drop thousands of databases: file systems on disks are slow at that.
const ROOT_IN_MEMORY: &str = "/dev/shm";

/// How much room is enough.
const ROOM: u64 = 2 << 30;

/// What runs under the shell that keeps a server.
const KEEPER: &str = include_str!("keeper.sh");

/// What a commit of the server means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// PostgreSQL's own: on the disk before it is acknowledged. For tests of what survives.
    Full,
    /// Nothing waits for the disk. For every other test.
    Fast,
}

impl Durability {
    fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Full => &[],
            Self::Fast => &["fsync=off", "synchronous_commit=off", "full_page_writes=off"],
        }
    }
}

/// How a server ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopMode {
    /// It hangs up on everybody, rolls back what they had open, and writes everything down.
    Fast,
    /// Every process of it stops at once and it recovers from its log when it starts again, as
    /// `pg_ctl stop -m immediate` does.
    Immediate,
    /// SIGKILL to the server and to each of its processes.
    Kill,
}

/// A PostgreSQL server of its own. Dropping it stops the server and removes its folder.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    keeper: Mutex<Keeper>,
}

#[derive(Debug)]
struct Keeper {
    process: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// The server's process, while there is one.
    server: Option<Pid>,
}

impl Cluster {
    /// Makes a cluster and starts it.
    pub fn start(durability: Durability) -> Self {
        Self::start_with(durability, &[])
    }

    /// The same with settings of the server, as `name=value`.
    pub fn start_with(durability: Durability, settings: &[&str]) -> Self {
        let programs = programs::folder();
        let folder = make_folder(durability);
        initialise(&programs, &folder);
        let socket = format!("unix_socket_directories={}", folder.display());
        let base = [socket.as_str(), "listen_addresses=", "max_connections=300", "shared_buffers=64MB"];
        let all = base.iter().chain(durability.settings()).chain(settings);
        let mut command = programs::command("/bin/sh");
        command.args(["-c", KEEPER, "keeper"]).arg(&programs).arg(&folder);
        command.args(all.flat_map(|setting| ["-c", setting]));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        // A signal to the group of the tests must not reach the keeper: it has to clean up after them.
        let mut process = command.process_group(0).spawn().expect("a shell runs");
        let orders = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().expect("its output is piped"));
        let keeper = Keeper { process, orders, answers, server: None };
        let cluster = Self { folder, keeper: Mutex::new(keeper) };
        cluster.start_again();
        cluster
    }

    /// The server, as a place for databases.
    pub fn server(&self) -> Server {
        Server::at(&self.url())
    }

    /// The address of its maintenance database, as PostgreSQL's own programs and drivers understand it.
    pub fn url(&self) -> String {
        format!("postgres://postgres@localhost/postgres?host={}", self.folder.display())
    }

    /// The folder with its socket.
    pub fn socket_folder(&self) -> &Path {
        &self.folder
    }

    /// Stops the server and waits until all its processes are gone.
    pub fn stop(&self, mode: StopMode) {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        let server = keeper.server.take().expect("it is running");
        let processes = processes_of(server);
        match mode {
            StopMode::Fast => keeper.order("INT"),
            StopMode::Immediate => keeper.order("QUIT"),
            StopMode::Kill => {
                keeper.order("KILL");
                for process in &processes {
                    // It may have noticed already that its parent is gone.
                    let _ = kill(*process, nix::sys::signal::Signal::SIGKILL);
                }
            }
        }
        assert_eq!(keeper.answer(), "stopped");
        self.wait_until("its processes end", || processes.iter().all(|process| !is_running(*process)));
    }

    /// Starts the server after it was stopped, and waits until it takes connections.
    pub fn start_again(&self) {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(keeper.server.is_none(), "it is running");
        keeper.order("start");
        let answer = keeper.answer();
        let server = Pid::from_raw(answer.parse().expect("the keeper says the process"));
        keeper.server = Some(server);
        self.wait_until("the server takes connections", || {
            assert!(is_running(server), "PostgreSQL did not start:\n{}", self.log());
            self.is_ready(server)
        });
    }

    /// What the server has said.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// The server keeps its process and its state in a file: the first and the eighth line.
    fn is_ready(&self, server: Pid) -> bool {
        let file = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap_or_default();
        let lines: Vec<&str> = file.lines().map(str::trim).collect();
        let is_ours = lines.first().and_then(|line| line.parse().ok()) == Some(server.as_raw());
        is_ours && lines.get(7) == Some(&"ready")
    }

    fn wait_until(&self, what: &str, condition: impl Fn() -> bool) {
        let began = Instant::now();
        while !condition() {
            assert!(began.elapsed() < PATIENCE, "waited in vain until {what}:\n{}", self.log());
            std::thread::sleep(POLL);
        }
    }
}

impl Keeper {
    fn order(&mut self, order: &str) {
        let orders = self.orders.as_mut().expect("it is open until the cluster is dropped");
        writeln!(orders, "{order}").expect("the keeper is there");
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the keeper answers");
        line.trim().to_owned()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let keeper = self.keeper.get_mut().unwrap_or_else(PoisonError::into_inner);
        keeper.orders = None;
        let _ = keeper.process.wait();
    }
}

/// A fresh folder with a short path that belongs to the server's user.
fn make_folder(durability: Durability) -> PathBuf {
    let make = |root| tempfile::Builder::new().prefix("trunkline-pg-").tempdir_in(root);
    let in_memory =
        (durability == Durability::Fast && has_room(ROOT_IN_MEMORY)).then(|| make(ROOT_IN_MEMORY).ok());
    let folder = in_memory.flatten().unwrap_or_else(|| make(ROOT).expect("a temporary folder")).keep();
    if let Some((user, group)) = programs::stand_in() {
        chown(&folder, Some(user), Some(group)).expect("root may give a folder away");
    }
    folder
}

fn has_room(root: &str) -> bool {
    statvfs(root).is_ok_and(|found| found.blocks_available() * found.fragment_size() >= ROOM)
}

fn initialise(programs: &Path, folder: &Path) {
    let mut command = programs::command(programs.join("initdb"));
    command.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]);
    let output = command.arg("--pgdata").arg(folder.join("data")).output().expect("initdb runs");
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let _ = std::fs::remove_dir_all(folder);
        panic!("initdb failed: {said}");
    }
}

/// The processes that a server has started.
fn processes_of(server: Pid) -> Vec<Pid> {
    let list = std::fs::read_to_string(format!("/proc/{server}/task/{server}/children")).unwrap_or_default();
    list.split_whitespace().filter_map(|process| process.parse().ok()).map(Pid::from_raw).collect()
}

fn is_running(process: Pid) -> bool {
    // A process that has ended and that nobody has waited for yet is still listed, as a zombie.
    let mut path = String::from("/proc/");
    let _ = write!(path, "{process}/stat");
    let stat = std::fs::read_to_string(path).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

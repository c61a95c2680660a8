//! A stand-in for a server's socket that cuts a connection at a chosen statement, and knows what clients wait for.

mod connection;
mod wire;

use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tempfile::TempDir;
use url::Url;

use crate::cluster::Cluster;
use crate::database::Database;

/// What PostgreSQL's clients expect a socket to be called.
const SOCKET: &str = ".s.PGSQL.5432";

/// When a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The statement never reaches the server.
    BeforeRequest,
    /// The server has done and committed it, and its answer is lost.
    BeforeAnswer,
}

/// Listens beside a cluster and passes everything on, until it is told to cut.
#[derive(Debug)]
pub struct Proxy {
    folder: TempDir,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

/// What all connections look at.
#[derive(Debug)]
struct Shared {
    upstream: PathBuf,
    plan: Mutex<Option<Plan>>,
    cuts: AtomicUsize,
    round_trips: Mutex<Vec<String>>,
    is_closed: AtomicBool,
    open: Mutex<Vec<UnixStream>>,
}

/// One cut that is to come.
#[derive(Debug)]
struct Plan {
    /// Text in the statement.
    statement: String,
    cut: Cut,
}

impl Proxy {
    /// Opens a way to a cluster.
    pub fn before(cluster: &Cluster) -> Self {
        let folder = tempfile::Builder::new().prefix("trunkline-proxy-").tempdir_in("/tmp");
        let folder = folder.expect("a temporary folder");
        let listener = UnixListener::bind(folder.path().join(SOCKET)).expect("a socket");
        let shared = Arc::new(Shared {
            upstream: cluster.socket_folder().join(SOCKET),
            plan: Mutex::new(None),
            cuts: AtomicUsize::new(0),
            round_trips: Mutex::new(Vec::new()),
            is_closed: AtomicBool::new(false),
            open: Mutex::new(Vec::new()),
        });
        let listening = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || listen(&listener, &shared)
        });
        Self { folder, shared, listening: Some(listening) }
    }

    /// The address of a database of the cluster by way of this proxy.
    pub fn url_of(&self, database: &Database) -> String {
        let mut url = Url::parse(&database.url()).expect("a database has an address");
        url.set_query(Some(&format!("host={}", self.folder.path().display())));
        url.into()
    }

    /// Cuts the connection of whoever is the next to execute a statement with this text in it.
    pub fn cut_next(&self, statement: &str, cut: Cut) {
        let mut plan = self.shared.plan.lock().unwrap_or_else(PoisonError::into_inner);
        *plan = Some(Plan { statement: statement.to_owned(), cut });
    }

    /// What clients have sent and waited for since this was last asked, a text for each time: the statements that were
    /// executed, and after `prepare ` those that were prepared. Empty where they only asked whether the server is there.
    pub fn round_trips(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.round_trips.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many connections have been cut as planned.
    pub fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::SeqCst)
    }
}

impl Shared {
    /// The cut that is planned for a statement, once.
    fn take_plan(&self, statement: &str) -> Option<Cut> {
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        plan.take_if(|plan| statement.contains(&plan.statement)).map(|plan| plan.cut)
    }

    fn note_round_trip(&self, statement: String) {
        self.round_trips.lock().unwrap_or_else(PoisonError::into_inner).push(statement);
    }

    fn remember(&self, streams: [&UnixStream; 2]) {
        let copies = streams.into_iter().filter_map(|stream| stream.try_clone().ok());
        self.open.lock().unwrap_or_else(PoisonError::into_inner).extend(copies);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.is_closed.store(true, Ordering::SeqCst);
        // Whoever waits for a connection gets one, and sees that it was the last.
        let _ = UnixStream::connect(self.folder.path().join(SOCKET));
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
        for stream in self.shared.open.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn listen(listener: &UnixListener, shared: &Arc<Shared>) {
    for client in listener.incoming().map_while(Result::ok) {
        if shared.is_closed.load(Ordering::SeqCst) {
            return;
        }
        if let Ok(server) = connect(&shared.upstream) {
            shared.remember([&client, &server]);
            connection::carry(client, server, shared);
        }
    }
}

fn connect(upstream: &Path) -> std::io::Result<UnixStream> {
    UnixStream::connect(upstream)
}

//! The real binaries as child processes: started, waited for by what they say, stopped by signals.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How long a program may take to say that it is ready.
const READY: Duration = Duration::from_mins(1);

/// A running program. Killed when dropped.
pub(crate) struct Process {
    child: Child,
    /// The address that it listens on, without a slash at the end.
    pub(crate) url: String,
    log: Arc<Mutex<String>>,
}

/// The command line of one of the workspace's binaries, in a folder, without the environment of whoever runs the tests.
pub(crate) fn command(binary: &str, folder: &Path) -> Command {
    let path = Path::new(env!("CARGO_BIN_EXE_trunkline")).with_file_name(binary);
    let mut command = Command::new(path);
    command.env_clear().current_dir(folder).stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub(crate) fn run(binary: &str, folder: &Path, arguments: &[&str]) -> Output {
    command(binary, folder).args(arguments).output().unwrap()
}

/// How long what a program says is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hearing {
    ToTheEnd,
    /// Then the reader goes away, as `head` does.
    UntilReady,
}

/// The address in the line with which a program says that it is ready.
fn announced_address(line: &str) -> Option<String> {
    let announcements = ["listening on http://", "Simulated Twilio at http://", "Trunkline sandbox: http://"];
    let (_, rest) = announcements.iter().find_map(|s| line.split_once(s))?;
    let address = rest.split([' ', ',']).next()?;
    Some(format!("http://{address}"))
}

impl Process {
    /// Starts a program and waits until a line of it has its address.
    pub(crate) fn start(mut command: Command) -> Self {
        command.stderr(Stdio::piped());
        Self::start_and_hear(command, Hearing::ToTheEnd)
    }

    /// Starts a program whose standard error is closed by its reader as soon as it is ready.
    pub(crate) fn start_unheard(mut command: Command) -> Self {
        command.stderr(Stdio::piped());
        Self::start_and_hear(command, Hearing::UntilReady)
    }

    /// Starts a program that says on standard output that it is ready, and whose standard error takes nothing.
    pub(crate) fn start_on_a_full_disk(mut command: Command) -> Self {
        command.stderr(File::options().write(true).open("/dev/full").unwrap());
        Self::start_and_hear(command, Hearing::ToTheEnd)
    }

    fn start_and_hear(mut command: Command, hearing: Hearing) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (found, address) = mpsc::channel();
        let stdout = child.stdout.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>);
        let stderr = child.stderr.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>);
        for stream in stdout.into_iter().chain(stderr) {
            let (log, found) = (Arc::clone(&log), found.clone());
            std::thread::spawn(move || {
                let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
                while let Some(line) = lines.next() {
                    {
                        let mut log = log.lock().unwrap();
                        log.push_str(&line);
                        log.push('\n');
                    }
                    let Some(url) = announced_address(&line) else { continue };
                    if hearing == Hearing::UntilReady {
                        drop(lines);
                        let _ = found.send(url);
                        return;
                    }
                    let _ = found.send(url);
                }
            });
        }
        let url = address.recv_timeout(READY);
        let url = url.unwrap_or_else(|_| panic!("it did not start:\n{}", log.lock().unwrap()));
        Self { child, url, log }
    }

    /// Its number in the system.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything it has said so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Ends it at once, as a crash does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop and waits until it has.
    pub(crate) fn stop(&mut self) {
        self.signal(Signal::SIGTERM);
        let status = self.child.wait().unwrap();
        assert!(status.success(), "it stopped with {status}:\n{}", self.log());
    }

    /// Asks it to stop, and waits for it no longer than this.
    pub(crate) async fn stop_within(&mut self, patience: Duration) {
        self.signal(Signal::SIGTERM);
        let gone = async {
            loop {
                if let Some(status) = self.child.try_wait().unwrap() {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let status = tokio::time::timeout(patience, gone).await.expect("it does not stop");
        assert!(status.success(), "it stopped with {status}");
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! SQL by way of `psql`, which comes with the server: this crate needs no driver.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::programs;

fn psql(url: &str) -> Command {
    let mut command = Command::new(programs::folder().join("psql"));
    command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]);
    command.arg(url).env("PGOPTIONS", "-c client_min_messages=warning");
    command
}

/// Runs statements, each in a transaction of its own, and returns their rows: a line each, columns apart by `|`.
pub(crate) fn run(url: &str, statements: &[&str]) -> Result<String, String> {
    let mut command = psql(url);
    for statement in statements {
        command.args(["--command", statement]);
    }
    let output = command.output().expect("psql runs");
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

/// Runs another of the server's programs to its end.
pub(crate) fn program(name: &str, arguments: &[&str]) {
    let output = Command::new(programs::folder().join(name)).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{name} does not run: {error}"));
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
}

/// An advisory lock of the server. Freed when dropped, and when this process ends.
pub(crate) struct AdvisoryLock {
    session: Child,
    input: Option<ChildStdin>,
}

impl AdvisoryLock {
    /// Waits for the lock.
    pub(crate) fn take(url: &str, key: i64) -> Self {
        let mut command = psql(url);
        let mut session = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("psql runs");
        let mut input = session.stdin.take().expect("its input is piped");
        writeln!(input, "SELECT pg_advisory_lock({key}); SELECT 'taken';").expect("psql reads");
        let answers = BufReader::new(session.stdout.take().expect("its output is piped"));
        let taken = answers.lines().map_while(Result::ok).any(|line| line == "taken");
        assert!(taken, "the server at {url} gives no advisory lock");
        Self { session, input: Some(input) }
    }
}

impl Drop for AdvisoryLock {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.session.wait();
    }
}

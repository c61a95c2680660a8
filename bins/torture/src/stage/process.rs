//! The real program as a child process: run to its end, or started as a server and killed.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::process::{Child, Command};
use tokio::time::Instant;

/// How long the program may take to say that it listens, or to end.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often a log is read until it says where the server listens.
const POLL: Duration = Duration::from_millis(10);

/// What a server says once it can be called.
const LISTENING: &str = "listening on http://";

/// The program with its settings and the folder it works in.
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) environment: Vec<(String, String)>,
}

/// A running server. Killed when dropped.
pub(crate) struct Process {
    child: Child,
    /// Its address, without a slash at the end.
    pub(crate) url: String,
}

impl Program {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        let settings = self.environment.iter().map(|(name, value)| (name, value));
        command.args(arguments).env_clear().envs(settings).current_dir(&self.folder);
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        let output = tokio::time::timeout(PATIENCE, self.command(arguments).output()).await;
        let output = output.with_context(|| format!("`trunkline {}` does not end", arguments.join(" ")))?;
        output.with_context(|| format!("{} does not run", self.path.display()))
    }

    /// Makes an API key.
    pub(crate) async fn make_key(&self, holder: &str) -> anyhow::Result<String> {
        let output = self.run(&["key", "create", holder]).await?;
        if !output.status.success() {
            bail!("no API key: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// Starts a server that writes to the log of this name, and waits until it listens.
    pub(crate) async fn serve(&self, log: &str) -> anyhow::Result<Process> {
        let log = self.folder.join(log);
        let file = OpenOptions::new().create(true).append(true).open(&log)?;
        let begin = file.metadata()?.len();
        let mut command = self.command(&["serve"]);
        command.stdout(Stdio::from(File::try_clone(&file)?)).stderr(Stdio::from(file));
        let mut child = command.spawn().with_context(|| format!("{} does not start", self.path.display()))?;
        let until = Instant::now() + PATIENCE;
        loop {
            let said = said_since(&log, begin)?;
            if let Some(url) = announced(&said) {
                return Ok(Process { child, url });
            }
            if let Some(status) = child.try_wait()? {
                bail!("the server ended with {status}:\n{said}");
            }
            if Instant::now() > until {
                bail!("the server does not listen:\n{said}");
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Process {
    /// Ends it at once, as a crash does: SIGKILL.
    pub(crate) async fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("a server cannot be killed")
    }
}

fn said_since(log: &Path, begin: u64) -> anyhow::Result<String> {
    let all = std::fs::read(log)?;
    let new = all.get(usize::try_from(begin)?..).unwrap_or_default();
    Ok(String::from_utf8_lossy(new).into_owned())
}

/// The address in the line with which a server says that it listens; the line must be whole.
fn announced(said: &str) -> Option<String> {
    let (_, rest) = said.split_once(LISTENING)?;
    let (line, _) = rest.split_once('\n')?;
    let address = line.split([' ', ',', '\u{1b}']).next()?.trim();
    Some(format!("http://{address}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_once_its_line_is_whole() {
        let line = "2026-11-22T17:00:00Z  INFO trunkline: listening on http://127.0.0.1:40123";
        assert_eq!(announced(line), None, "more digits may follow");
        assert_eq!(announced(&format!("{line}\n")).as_deref(), Some("http://127.0.0.1:40123"));
        assert_eq!(announced(&format!("{line}\u{1b}[0m\n")).as_deref(), Some("http://127.0.0.1:40123"));
        assert_eq!(announced("database migrated\n"), None);
    }
}

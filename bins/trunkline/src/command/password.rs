//! A password from whoever runs a command: typed without showing it, or from a pipe.

use std::io::{self, BufRead, IsTerminal, Read};
use std::os::fd::AsFd;

use anyhow::{Context, bail};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::oneshot;

use crate::command::remark;

/// The longest line that is read, in bytes. More than any password has.
const LINE_MAX: u64 = 8 * 1024;

/// Asks for a new password: twice where it is typed, so that a slip is noticed.
pub(crate) async fn ask() -> anyhow::Result<SecretString> {
    if !io::stdin().is_terminal() {
        return line().await;
    }
    let first = hidden("Password: ").await?;
    let second = hidden("The same again: ").await?;
    if first.expose_secret() != second.expose_secret() {
        bail!("the two are not the same; nothing was changed");
    }
    Ok(first)
}

async fn hidden(prompt: &str) -> anyhow::Result<SecretString> {
    let _silence = Silence::begin().context("the terminal cannot be kept from showing what is typed")?;
    remark(prompt);
    tokio::select! {
        typed = line() => typed,
        _ = tokio::signal::ctrl_c() => bail!("nothing was changed"),
    }
}

/// One line of standard input, read by a thread of its own: nothing waits for it when the command ends.
async fn line() -> anyhow::Result<SecretString> {
    let (reply, answer) = oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = io::stdin().lock().take(LINE_MAX).read_line(&mut line);
        let _ = reply.send(read.map(|_| SecretString::from(line.trim_end_matches(['\r', '\n']).to_owned())));
    });
    answer.await.context("standard input cannot be read")?.context("the password cannot be read")
}

/// While this lives the terminal shows nothing of what is typed but the ends of lines.
struct Silence {
    before: Termios,
}

impl Silence {
    fn begin() -> nix::Result<Self> {
        let terminal = io::stdin();
        let before = tcgetattr(terminal.as_fd())?;
        let mut silent = before.clone();
        silent.local_flags.remove(LocalFlags::ECHO);
        silent.local_flags.insert(LocalFlags::ECHONL);
        tcsetattr(terminal.as_fd(), SetArg::TCSAFLUSH, &silent)?;
        Ok(Self { before })
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin().as_fd(), SetArg::TCSANOW, &self.before);
    }
}

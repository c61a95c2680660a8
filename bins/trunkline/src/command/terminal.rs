//! One line on a terminal that says how far something is; nothing where nobody watches.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

/// The line, on standard error, written over itself.
pub(crate) struct TerminalLine {
    watched: bool,
}

impl TerminalLine {
    pub(crate) fn begin(words: impl Display) -> Self {
        let line = Self { watched: io::stderr().is_terminal() };
        line.show(words);
        line
    }

    /// Writes over what was shown before. Who watches may go away.
    pub(crate) fn show(&self, words: impl Display) {
        if self.watched {
            let mut terminal = io::stderr().lock();
            let _ = write!(terminal, "\r\x1b[K{words}").and_then(|()| terminal.flush());
        }
    }

    /// Takes it away, for the answer to stand there.
    pub(crate) fn end(&self) {
        self.show("");
    }
}

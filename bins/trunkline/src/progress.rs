//! How far a long command is: a bar on standard error where somebody watches it, and nothing where nobody does.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How often the bar moves although nothing is heard.
const TICK: Duration = Duration::from_millis(120);

/// A bar that first only says what is waited for, and has a length once that is known. Clones are one.
#[derive(Clone)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Something of which nobody knows yet how much it is.
    pub(crate) fn begin(waiting_for: &'static str) -> Self {
        // Hides itself where standard error is no terminal.
        let bar = ProgressBar::new_spinner();
        bar.enable_steady_tick(TICK);
        bar.set_message(waiting_for);
        Self(bar)
    }

    /// So many of so many are done.
    pub(crate) fn of(&self, what: &'static str, done: u64, all: u64) {
        if self.0.length() != Some(all) {
            let style = ProgressStyle::with_template("{msg} {wide_bar} {pos} of {len}, {eta} left");
            self.0.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            self.0.set_length(all);
        }
        self.0.set_message(what);
        self.0.set_position(done);
    }

    /// How far it is, where there is no telling of how much.
    pub(crate) fn say(&self, line: String) {
        self.0.set_message(line);
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        self.0.finish_and_clear();
    }
}

//! What happened, line by line, in the order in which it happened.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;

/// Keeps what happened, if anybody wants to know. Clones write into the same one.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    lines: Option<Arc<Mutex<Vec<String>>>>,
}

impl Trace {
    /// One that keeps its lines.
    pub fn kept() -> Self {
        Self { lines: Some(Arc::default()) }
    }

    /// Notes what somebody did, so long after the beginning. The words are made only where they are kept.
    pub(crate) fn note<T: fmt::Display>(&self, passed: TimeDelta, who: &str, what: impl FnOnce() -> T) {
        let Some(lines) = &self.lines else { return };
        let (seconds, millis) = (passed.num_seconds(), passed.subsec_nanos() / 1_000_000);
        let line = format!("{seconds:>7}.{millis:03}  {who:<9} {}", what());
        lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    /// What was noted so far.
    pub fn lines(&self) -> Vec<String> {
        let lines = self.lines.as_ref();
        lines.map(|lines| lines.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
    }
}

//! The log that all tests of this binary write. It is installed before the first request, once: a subscriber of one
//! test's own would miss what tracing has decided about its call sites on the threads of others.

use std::io;
use std::sync::{Mutex, OnceLock};

static WRITTEN: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        WRITTEN.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Starts the log, where no other test has.
pub(crate) fn start() {
    static STARTED: OnceLock<()> = OnceLock::new();
    STARTED.get_or_init(|| tracing_subscriber::fmt().with_ansi(false).with_writer(|| Log).init());
}

/// Everything that is written so far, by all tests.
pub(crate) fn text() -> String {
    String::from_utf8(WRITTEN.lock().unwrap().clone()).unwrap()
}

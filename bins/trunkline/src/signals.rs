//! Signals: SIGTERM and SIGINT end the server, SIGHUP reads the prices again, SIGXFSZ is not died of.

use std::future::Future;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What the system sends to a process that writes beyond its file size limit; the same on Linux and macOS.
const SIGXFSZ: i32 = 25;

/// From now on a file that may not grow any more is met as a full disk is: by a write that fails, and a server that
/// goes on without it. Unhandled, the signal would end the process.
pub(crate) fn survive_file_limits() -> anyhow::Result<()> {
    // The handler stays installed after the stream is dropped.
    signal(SignalKind::from_raw(SIGXFSZ)).map(drop).context("SIGXFSZ cannot be watched")
}

/// A token that the first SIGTERM or SIGINT cancels; the log then says what that means.
pub(crate) fn stop_token(meaning: &'static str) -> anyhow::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be watched")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be watched")?;
    let stop = CancellationToken::new();
    let cancelled = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        cancelled.cancel();
        tracing::info!("stopping: {meaning}");
    });
    Ok(stop)
}

/// Does something at every SIGHUP, until stopped.
pub(crate) fn on_hangup<F, Fut>(stop: CancellationToken, mut act: F) -> anyhow::Result<()>
where
    F: FnMut() -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send,
{
    let mut hangup = signal(SignalKind::hangup()).context("SIGHUP cannot be watched")?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                received = hangup.recv() => if received.is_none() { return },
            }
            act().await;
        }
    });
    Ok(())
}

//! The writer: one task, one connection, many changes to a commit.
//!
//! Changes queue up while the last commit runs and are then taken together as one transaction, each inside a
//! savepoint, so a burst shares the disk's synchronisation. Its promises:
//!
//! - nobody is answered before COMMIT has returned;
//! - a change that a rule refuses is undone alone, and the refusal is stored under its idempotency key;
//! - an error of the engine discards the whole batch, because savepoints do not survive a full disk; its changes are
//!   then run again, one by one;
//! - a COMMIT that fails leaves every change of its batch unknown;
//! - what is queued is run even if its caller has gone away, and run whole.
//!
//! A change may therefore run more than once before it is answered, and must not remember anything between runs.

mod batch;
mod connection;
#[cfg(test)]
mod full_disk;
mod job;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::SqliteConnection;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use trunkline_domain::{Change, Clock};

pub(crate) use self::connection::WriteConnection;
use self::job::{Job, Queued};
use super::envelope;
use super::request::RefusedRequest;
use super::server_lock::ServerLock;
use super::time;
use crate::error::{Failure, Fault};

/// How many changes may wait. One more is answered `Unavailable`: the server is overloaded, and says so at once.
const QUEUE_LENGTH: usize = 1024;

/// How many changes one commit takes. Keeps the wait of the first one short when the queue is long.
const BATCH_LENGTH: usize = 128;

/// One change's view of the transaction that it is part of.
pub(crate) struct Transaction<'c> {
    /// The connection, inside the transaction.
    pub(crate) connection: &'c mut SqliteConnection,
    /// The store's clock: leases and cooling are set and compared by this.
    pub(crate) now: DateTime<Utc>,
}

impl Transaction<'_> {
    /// The store's clock, for binding.
    pub(crate) fn now_text(&self) -> String {
        time::to_text(self.now)
    }
}

/// What a change came to.
#[derive(Debug)]
pub(crate) enum Decision<T> {
    /// Done now.
    Applied(T),
    /// Written, while what the change announces did not come about: so nothing is announced.
    Unannounced(T),
    /// Nothing to do, or done before: whatever was written is undone, and nothing is announced.
    Unchanged(T),
    /// A rule refuses it: whatever was written is undone, and the refusal kept for repeats of the request.
    Refused(T, Option<RefusedRequest>),
}

/// Something for the writer to do.
#[async_trait]
pub(crate) trait Work: Send + Sync + 'static {
    /// What the caller hears.
    type Answer: Send + 'static;

    /// Does it inside the transaction. May be called again if the transaction is discarded.
    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Decision<Self::Answer>, Fault>;
}

/// A state transition: the body of a [`Change`].
#[async_trait]
pub(crate) trait Apply: Send + Sync + Sized + 'static {
    /// What the caller hears.
    type Answer: Send + 'static;

    /// Applies the transition. The envelope's events and audit lines are stored by the caller of this.
    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<Self::Answer>, Fault>;
}

#[async_trait]
impl<T: Apply> Work for Change<T> {
    type Answer = T::Answer;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Decision<Self::Answer>, Fault> {
        let decision = T::apply(self, transaction).await?;
        if let Decision::Applied(_) = decision {
            envelope::store(transaction, &self.events, &self.audit).await?;
        }
        Ok(decision)
    }
}

/// The way to the writer. Clones lead to the same one.
#[derive(Clone)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Box<dyn Job>>,
    stop: CancellationToken,
    stopped: CancellationToken,
}

impl Writer {
    /// Starts the task. It ends when it is closed or all ways to it are gone, and frees the server's lock last.
    pub(crate) fn start(
        connection: WriteConnection,
        clock: Arc<dyn Clock>,
        lock: Option<ServerLock>,
    ) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE_LENGTH);
        let writer = Self { queue, stop: CancellationToken::new(), stopped: CancellationToken::new() };
        let (stop, stopped) = (writer.stop.clone(), writer.stopped.clone());
        tokio::spawn(async move {
            let _stopped = stopped.drop_guard();
            batch::run(connection, clock, waiting, stop).await;
            drop(lock);
        });
        writer
    }

    /// Has something done, and waits until it is stored. Dropping the wait does not undo it.
    pub(crate) async fn write<W: Work>(&self, work: W) -> Result<W::Answer, Failure> {
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(Box::new(Queued::new(work, reply))).map_err(|refused| {
            Failure::Unavailable(Box::new(match refused {
                mpsc::error::TrySendError::Full(_) => QueueError::Full,
                mpsc::error::TrySendError::Closed(_) => QueueError::Closed,
            }))
        })?;
        answer.await.unwrap_or_else(|_| Err(Failure::OutcomeUnknown(Box::new(QueueError::Closed))))
    }

    /// Takes nothing more, finishes what waits, and closes the connection.
    pub(crate) async fn close(&self) {
        self.stop.cancel();
        self.stopped.cancelled().await;
    }

    /// Waits until the task has ended although nobody has closed it, which only a panic can do; for ever if it has not.
    pub(crate) async fn lost(&self) {
        self.stopped.cancelled().await;
        if self.stop.is_cancelled() {
            std::future::pending::<()>().await;
        }
    }
}

/// Why a change did not reach the writer.
#[derive(Debug, thiserror::Error)]
enum QueueError {
    /// Too many changes wait already.
    #[error("{QUEUE_LENGTH} changes wait to be stored already")]
    Full,
    /// The store is closed, or closing.
    #[error("the store is closed")]
    Closed,
}

/// Proves that writes reach the disk.
pub(crate) struct CheckWritable;

#[async_trait]
impl Work for CheckWritable {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Decision<()>, Fault> {
        sqlx::query("UPDATE deployment SET checked_at = ?1")
            .bind(transaction.now_text())
            .execute(&mut *transaction.connection)
            .await?;
        Ok(Decision::Applied(()))
    }
}

//! The writer's loop: takes a batch, commits it, answers it.

use std::sync::Arc;
use std::time::Instant;

use sqlx::SqliteConnection;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use trunkline_domain::Clock;

use super::job::{Job, Verdict};
use super::{BATCH_LENGTH, Transaction, WriteConnection};
use crate::error::{Failure, Fault};
use crate::measure;
use crate::sqlite::request;

/// Works until the queue is closed and empty.
pub(super) async fn run(
    connection: WriteConnection,
    clock: Arc<dyn Clock>,
    mut queue: mpsc::Receiver<Box<dyn Job>>,
    stop: CancellationToken,
) {
    let mut batches = Batches { connection, clock };
    while let Some(batch) = next_batch(&mut queue, &stop).await {
        batches.process(batch).await;
    }
    batches.connection.close().await;
}

/// Waits for a change and takes whatever else is there. `None` when nothing more will come.
async fn next_batch(
    queue: &mut mpsc::Receiver<Box<dyn Job>>,
    stop: &CancellationToken,
) -> Option<Vec<Box<dyn Job>>> {
    let mut batch = Vec::new();
    tokio::select! {
        biased;
        () = stop.cancelled() => queue.close(),
        taken = queue.recv_many(&mut batch, BATCH_LENGTH) => return (taken > 0).then_some(batch),
    }
    (queue.recv_many(&mut batch, BATCH_LENGTH).await > 0).then_some(batch)
}

/// Why a batch was not committed.
enum Setback {
    /// The transaction was never begun, so nothing is stored.
    NotBegun(Arc<sqlx::Error>),
    /// A change met a fault; the transaction is rolled back.
    Fault(Fault),
    /// COMMIT failed, and nobody knows.
    Commit(Arc<sqlx::Error>),
}

struct Batches {
    connection: WriteConnection,
    clock: Arc<dyn Clock>,
}

impl Batches {
    /// Commits and answers. After a fault the changes run again one by one, so that only the one at fault fails.
    async fn process(&mut self, mut batch: Vec<Box<dyn Job>>) {
        let started = Instant::now();
        match self.commit(&mut batch).await {
            Ok(()) => {
                measure::committed(batch.len(), started.elapsed());
                answer(batch);
            }
            Err(Setback::NotBegun(error)) => {
                measure::not_committed("not_begun");
                tracing::warn!(%error, changes = batch.len(), "the database takes no writes");
                fail(batch, || Failure::not_begun(&error));
            }
            Err(Setback::Commit(error)) => {
                measure::not_committed("unknown");
                tracing::error!(%error, changes = batch.len(), "a commit failed; its changes may be stored or not");
                fail(batch, || Failure::outcome_unknown(&error));
            }
            Err(Setback::Fault(fault)) => match <[Box<dyn Job>; 1]>::try_from(batch) {
                Ok([job]) => {
                    measure::not_committed("refused");
                    job.fail(fault.into());
                }
                Err(batch) => {
                    measure::not_committed("discarded");
                    tracing::warn!(
                        ?fault,
                        changes = batch.len(),
                        "a batch is discarded and run again one by one"
                    );
                    for job in batch {
                        Box::pin(self.process(vec![job])).await;
                    }
                }
            },
        }
    }

    /// Runs every change and commits. Afterwards the connection is outside of any transaction.
    async fn commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), Setback> {
        let outcome = self.try_commit(batch).await;
        if outcome.is_err() {
            self.connection.roll_back().await;
        }
        outcome
    }

    async fn try_commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), Setback> {
        let not_begun = |error| Setback::NotBegun(Arc::new(error));
        let connection = self.connection.get().await.map_err(not_begun)?;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await.map_err(not_begun)?;
        for job in batch {
            let mut transaction = Transaction { connection: &mut *connection, now: self.clock.now() };
            run_in_savepoint(job.as_mut(), &mut transaction).await.map_err(Setback::Fault)?;
        }
        sqlx::query("COMMIT").execute(connection).await.map_err(|error| Setback::Commit(Arc::new(error)))?;
        Ok(())
    }
}

async fn run_in_savepoint(job: &mut dyn Job, transaction: &mut Transaction<'_>) -> Result<(), Fault> {
    execute(transaction.connection, "SAVEPOINT change").await?;
    match job.run(transaction).await? {
        Verdict::Keep => {}
        Verdict::Undo => execute(transaction.connection, "ROLLBACK TO change").await?,
        Verdict::UndoAndRemember(refused) => {
            execute(transaction.connection, "ROLLBACK TO change").await?;
            request::store_refusal(transaction, &refused).await?;
        }
    }
    execute(transaction.connection, "RELEASE change").await
}

async fn execute(connection: &mut SqliteConnection, statement: &'static str) -> Result<(), Fault> {
    sqlx::query(statement).execute(connection).await?;
    Ok(())
}

fn answer(batch: Vec<Box<dyn Job>>) {
    for job in batch {
        job.answer();
    }
}

fn fail(batch: Vec<Box<dyn Job>>, failure: impl Fn() -> Failure) {
    for job in batch {
        job.fail(failure());
    }
}

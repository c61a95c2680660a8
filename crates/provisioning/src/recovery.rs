//! Background work: taking over what stalled, and the scheduled pass. The same in every replica.

use std::fmt::Display;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::{FutureExt, StreamExt, stream};
use tokio_util::sync::CancellationToken;
use trunkline_alarms::{Alarm, AlarmBoard, Onset};

use crate::engine::Engine;
use crate::measure;
use crate::mutant::Mutant;
use crate::port::StoreError;

/// How much stalled work of one kind a round takes over.
const BATCH: u16 = 32;

/// How much of it is worked on at once.
const AT_ONCE: usize = 8;

/// How often it is asked whether a pass is due, at most.
const PASS_CHECK: Duration = Duration::from_secs(30);

/// How many pieces of work a round took over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RecoveryRound {
    /// Orders.
    pub orders: usize,
    /// Releases.
    pub releases: usize,
    /// Orphans.
    pub orphans: usize,
}

/// Does one piece of work apart from the others: if it panics, it waits for its lease to run out, and they go on.
async fn apart(alarms: &dyn AlarmBoard, subject: impl Display, work: impl Future<Output = ()>) {
    if AssertUnwindSafe(work).catch_unwind().await.is_err() {
        let sentence = "recovery panicked over one piece of work; the others go on";
        alarms.raise(Onset::of(Alarm::RecoveryPanicked, subject, sentence));
    }
}

impl Engine {
    /// One round: stalled orders, releases and orphans, each looked at once.
    ///
    /// The kinds do not wait for one another: each is taken over just before it is worked on, so that no lease runs
    /// out in a queue, and none stands still because another one's provider calls hang.
    pub(crate) async fn recover(&self) -> Result<RecoveryRound, StoreError> {
        if Mutant::RecoveryOff.is_made() {
            return Ok(RecoveryRound::default());
        }
        let (orders, releases, orphans) =
            tokio::join!(self.recover_orders(), self.recover_releases(), self.recover_orphans());
        let round = RecoveryRound { orders: orders?, releases: releases?, orphans: orphans? };
        measure::taken_over(&round);
        Ok(round)
    }

    async fn recover_orders(&self) -> Result<usize, StoreError> {
        let stalled = self.parts.purchases.claim_stalled(self.terms(), BATCH).await?;
        let taken = stalled.len();
        let work = stream::iter(stalled).for_each_concurrent(AT_ONCE, |stalled| {
            let id = stalled.order.id;
            apart(self.parts.alarms.as_ref(), id, self.recover_order(stalled))
        });
        work.await;
        Ok(taken)
    }

    async fn recover_releases(&self) -> Result<usize, StoreError> {
        let stalled = self.parts.releases.claim_stalled(self.terms(), BATCH).await?;
        let taken = stalled.len();
        let work = stream::iter(stalled).for_each_concurrent(AT_ONCE, |stalled| {
            let id = stalled.number.id;
            apart(self.parts.alarms.as_ref(), id, self.recover_release(stalled))
        });
        work.await;
        Ok(taken)
    }

    async fn recover_orphans(&self) -> Result<usize, StoreError> {
        let stalled = self.parts.orphans.claim_stalled(self.terms(), BATCH).await?;
        let taken = stalled.len();
        let work = stream::iter(stalled).for_each_concurrent(AT_ONCE, |stalled| {
            let sid = stalled.orphan.identity.number.clone();
            apart(self.parts.alarms.as_ref(), sid, self.recover_orphan(stalled))
        });
        work.await;
        Ok(taken)
    }

    /// Rounds and passes until told to stop, side by side: a long listing delays no order.
    pub(crate) async fn keep_recovering(self: Arc<Self>, stop: CancellationToken) {
        let pass_check = PASS_CHECK.min(self.settings.pass_interval);
        tokio::join!(
            self.repeat("recovery", self.settings.recovery_interval, &stop, |engine| async move {
                engine.recover().await.map(drop)
            }),
            self.repeat(
                "reconciliation",
                pass_check,
                &stop,
                |engine| async move { engine.make_pass().await }
            ),
            // By itself: a reconciliation that fails, or never ends, is what it looks for.
            self.repeat("schedule", pass_check, &stop, |engine| async move { engine.watch_schedule().await }),
        );
    }

    /// Does a piece of work again and again. Once begun it is finished: it runs in a task that nobody cancels.
    async fn repeat<F, Fut>(
        self: &Arc<Self>,
        name: &'static str,
        interval: Duration,
        stop: &CancellationToken,
        work: F,
    ) where
        F: Fn(Arc<Self>) -> Fut,
        Fut: Future<Output = Result<(), StoreError>> + Send + 'static,
    {
        while !stop.is_cancelled() && !self.stopping.is_cancelled() {
            match self.tracker.spawn(work(Arc::clone(self))).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(
                        error,
                        work = name,
                        "background work failed at the database; it tries again"
                    );
                }
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(
                        error,
                        work = name,
                        "background work ended without an answer; it tries again"
                    );
                }
            }
            tokio::select! {
                () = tokio::time::sleep(interval) => {}
                () = stop.cancelled() => {}
                () = self.stopping.cancelled() => {}
            }
        }
    }
}

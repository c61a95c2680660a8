//! Background work: taking over what stalled, and the scheduled pass. The same in every replica.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::engine::Engine;
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

impl Engine {
    /// One round: stalled orders, releases and orphans, each looked at once.
    pub(crate) async fn recover(&self) -> Result<RecoveryRound, StoreError> {
        let orders = self.parts.purchases.claim_stalled(self.terms(), BATCH).await?;
        let releases = self.parts.releases.claim_stalled(self.terms(), BATCH).await?;
        let orphans = self.parts.orphans.claim_stalled(self.terms(), BATCH).await?;
        let round = RecoveryRound { orders: orders.len(), releases: releases.len(), orphans: orphans.len() };
        stream::iter(orders).for_each_concurrent(AT_ONCE, |order| self.recover_order(order)).await;
        stream::iter(releases).for_each_concurrent(AT_ONCE, |release| self.recover_release(release)).await;
        stream::iter(orphans).for_each_concurrent(AT_ONCE, |orphan| self.recover_orphan(orphan)).await;
        Ok(round)
    }

    /// Rounds and passes until told to stop. A round that has begun is finished: it runs in a task that nobody cancels.
    pub(crate) async fn keep_recovering(self: Arc<Self>, stop: CancellationToken) {
        let mut next_pass_check = Instant::now();
        while !stop.is_cancelled() && !self.stopping.is_cancelled() {
            let with_pass = Instant::now() >= next_pass_check;
            if with_pass {
                next_pass_check = Instant::now() + PASS_CHECK.min(self.settings.pass_interval);
            }
            let engine = Arc::clone(&self);
            let round = self.tracker.spawn(async move { engine.round(with_pass).await });
            if let Ok(Err(error)) = round.await {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "recovery could not reach its database; it tries again");
            }
            tokio::select! {
                () = tokio::time::sleep(self.settings.recovery_interval) => {}
                () = stop.cancelled() => {}
                () = self.stopping.cancelled() => {}
            }
        }
    }

    async fn round(&self, with_pass: bool) -> Result<(), StoreError> {
        self.recover().await?;
        if with_pass { self.make_pass().await } else { Ok(()) }
    }
}

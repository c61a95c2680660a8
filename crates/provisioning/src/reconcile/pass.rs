//! The right to go through the provider's inventory, which one process has at a time.
//!
//! It is renewed while somebody does, so it may be short: whoever dies in the middle keeps nobody waiting for long, and
//! whoever takes long keeps it. Who loses it all the same begins no further repair.

use std::convert::Infallible;
use std::future::pending;

use tokio_util::sync::CancellationToken;

use crate::engine::{Engine, stored};
use crate::port::PassLease;

/// The lease is renewed so many times before it would run out.
const RENEWALS: u32 = 3;

impl Engine {
    /// Works under a pass and renews its lease meanwhile. The token that the work gets is cancelled once the lease is lost
    /// or the process stops.
    pub(super) async fn holding<T>(
        &self,
        pass: PassLease,
        work: impl AsyncFnOnce(&CancellationToken) -> T,
    ) -> T {
        let halt = self.stopping.child_token();
        tokio::select! {
            biased;
            done = work(&halt) => done,
            never = self.renew(pass, &halt) => match never {},
        }
    }

    async fn renew(&self, pass: PassLease, halt: &CancellationToken) -> Infallible {
        let mut failures = 0;
        while failures < RENEWALS {
            tokio::time::sleep(self.settings.lease / RENEWALS).await;
            match stored(|| self.parts.orphans.renew_pass(pass, self.terms())).await {
                Ok(true) => failures = 0,
                Ok(false) => break,
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "the lease of a reconciliation could not be renewed");
                    failures += 1;
                }
            }
        }
        tracing::warn!("a reconciliation has lost its lease; it begins no further repair");
        halt.cancel();
        pending().await
    }
}

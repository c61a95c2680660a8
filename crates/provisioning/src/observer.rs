//! Asks the store again and again what is open, and shows it as gauges: whoever reads the gauges asks the store
//! nothing, however often they read.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use trunkline_domain::Clock;

use crate::measure;
use crate::port::{OperationsStore, StoreError, clock_offset};

/// Shows a store's workload, clock and connections as metrics.
#[derive(Clone)]
pub struct StoreObserver {
    store: Arc<dyn OperationsStore>,
    clock: Arc<dyn Clock>,
}

impl StoreObserver {
    /// An observer of this store, whose clock is compared with this one.
    pub fn new(store: Arc<dyn OperationsStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Asks once. The connections are shown even where the store does not answer: that is when they matter.
    pub async fn observe(&self) -> Result<(), StoreError> {
        measure::pools(&self.store.pools());
        measure::workload(&self.store.workload().await?);
        let before = self.clock.now();
        let database_time = self.store.database_time().await?;
        let after = self.clock.now();
        measure::observed(after, clock_offset(before, database_time, after));
        Ok(())
    }

    /// Asks now and after every interval, until told to stop. It only reads.
    pub async fn run(&self, interval: Duration, stop: CancellationToken) {
        let observing = async {
            loop {
                if let Err(error) = self.observe().await {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(
                        error,
                        "the store could not be asked for its gauges; they stay as they were"
                    );
                }
                tokio::time::sleep(interval).await;
            }
        };
        stop.run_until_cancelled(observing).await;
    }
}

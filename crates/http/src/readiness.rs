//! Whether the server can do its work now: its database takes writes, and the clocks agree.
//!
//! Probes come as often as load balancers like. The store is asked at most once in [`KEPT`], never longer than
//! [`PATIENCE`], and never twice at the same time: whoever asks meanwhile gets the same verdict.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use trunkline_domain::Clock;
use trunkline_provisioning::port::{OperationsStore, StoreError, clock_offset};

/// How long a verdict stands.
const KEPT: Duration = Duration::from_secs(1);
/// How long the store has to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How far the clocks may be apart. Recovery goes by the database's clock and does not mind; logs, prices and what
/// customers read go by ours.
const TOLERANCE: TimeDelta = TimeDelta::seconds(2);

/// Answers whether the server can do its work now.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// `Err` says which part fails; why is logged, not shown.
    async fn check(&self) -> Result<(), NotReady>;
}

/// Which part of the server fails.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NotReady {
    /// The database takes no writes, or does not answer.
    #[error("the database takes no writes")]
    Database(#[source] Arc<dyn Error + Send + Sync>),
    /// This process's clock and the database's are too far apart.
    #[error("the database's clock is {} ms ahead of this process's", offset.num_milliseconds())]
    Clock {
        /// How far the database's is ahead, at least.
        offset: TimeDelta,
    },
}

impl NotReady {
    /// The part, as clients read it.
    pub const fn part(&self) -> &'static str {
        match self {
            Self::Database(_) => "database",
            Self::Clock { .. } => "clock",
        }
    }
}

impl From<StoreError> for NotReady {
    fn from(error: StoreError) -> Self {
        Self::Database(Arc::new(error))
    }
}

/// Ready means: the store takes writes, and its clock agrees with ours.
pub struct StoreReadiness {
    store: Arc<dyn OperationsStore>,
    clock: Arc<dyn Clock>,
    last: Mutex<Option<(Instant, Result<(), NotReady>)>>,
}

impl StoreReadiness {
    /// The readiness of a server over this store, whose clock is compared with this one.
    pub fn new(store: Arc<dyn OperationsStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, last: Mutex::new(None) }
    }

    async fn ask(&self) -> Result<(), NotReady> {
        self.store.check_writable().await?;
        let before = self.clock.now();
        let database_time = self.store.database_time().await?;
        let offset = clock_offset(before, database_time, self.clock.now());
        if offset.abs() > TOLERANCE { Err(NotReady::Clock { offset }) } else { Ok(()) }
    }
}

#[async_trait]
impl Readiness for StoreReadiness {
    async fn check(&self) -> Result<(), NotReady> {
        let mut last = self.last.lock().await;
        if let Some((at, verdict)) = &*last
            && at.elapsed() < KEPT
        {
            return verdict.clone();
        }
        let verdict = match timeout(PATIENCE, self.ask()).await {
            Ok(verdict) => verdict,
            Err(elapsed) => Err(NotReady::Database(Arc::new(elapsed))),
        };
        *last = Some((Instant::now(), verdict.clone()));
        verdict
    }
}

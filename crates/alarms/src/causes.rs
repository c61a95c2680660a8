//! The port to whoever knows whether what an alarm was raised about still stands.

use std::error::Error;

use async_trait::async_trait;

use crate::AlarmRecord;

/// Looks at what open alarms were raised about. Asked for each of them again and again, so it should be cheap.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Causes: Send + Sync {
    /// Whether the cause still stands. What could not be looked at is an error, and never gone.
    async fn stands(&self, alarm: &AlarmRecord) -> Result<CauseVerdict, CauseError>;
}

/// What looking at an alarm's cause came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CauseVerdict {
    /// It stands.
    Stands,
    /// It is certainly gone.
    Gone,
    /// This is not known here: whoever raised the alarm, or an operator, ends it.
    NotKnown,
}

/// The cause could not be looked at.
#[derive(Debug, thiserror::Error)]
#[error("it is not known whether the cause of an alarm still stands")]
pub struct CauseError(#[source] pub Box<dyn Error + Send + Sync>);

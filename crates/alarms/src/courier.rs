//! The port to whoever carries notices out of the house.

use std::error::Error;

use async_trait::async_trait;

use crate::Notice;

/// Delivers notices.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Courier: Send + Sync {
    /// Delivers one, within a bounded time. A notice may be given more than once, always with the same
    /// [`Notice::delivery_id`].
    async fn deliver(&self, notice: &Notice) -> Result<(), DeliveryError>;
}

/// A notice was not delivered, as far as is known.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The receiver answered, and did not take it.
    #[error("the receiver answered {status}")]
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// There was no answer.
    #[error("the receiver did not answer")]
    Unanswered(#[source] Box<dyn Error + Send + Sync>),
}

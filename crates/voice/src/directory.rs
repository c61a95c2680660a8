//! The port to the records of numbers, in the few words that answering needs.

use std::error::Error;

use async_trait::async_trait;
use trunkline_domain::{BusinessId, NumberId, NumberStatus, PhoneNumber, UserId};

/// A number that somebody calls or texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalledNumber {
    /// Identity.
    pub number: NumberId,
    /// Whose it is.
    pub user: UserId,
    /// What it is assigned to.
    pub business: Option<BusinessId>,
    /// The customer's own switch.
    pub is_active: bool,
    /// Where it stands.
    pub status: NumberStatus,
}

/// The records could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("the records of numbers could not be asked")]
pub struct DirectoryError(#[source] Box<dyn Error + Send + Sync>);

impl DirectoryError {
    /// Wraps the cause.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

/// The records of numbers.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait NumberDirectory: Send + Sync {
    /// The number that is held here under exactly this phone number. Records of numbers that live elsewhere are
    /// never found: anybody can type one in. Of a number that was held, released and bought again, the live one.
    async fn find(&self, called: &PhoneNumber) -> Result<Option<CalledNumber>, DirectoryError>;
}

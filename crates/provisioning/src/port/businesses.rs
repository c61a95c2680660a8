//! Who owns a business: asked of whoever knows businesses, so that a host can bring its own.

use async_trait::async_trait;
use trunkline_domain::{BusinessId, UserId};

/// Knows which user a business belongs to.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Businesses: Send + Sync {
    /// The owner, whose wallet pays for the business's numbers; `None` where there is no such business.
    async fn owner_of(&self, business: BusinessId) -> Result<Option<UserId>, BusinessesError>;
}

/// The question could not be answered.
#[derive(Debug, thiserror::Error)]
#[error("it is not known whose business this is")]
pub struct BusinessesError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

//! The port to orphans for reading.

use async_trait::async_trait;
use trunkline_domain::ProviderIdentity;

use super::StoreError;

/// Reads how far the release of an orphan has come.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait OrphanReader: Send + Sync {
    /// Where the release of this number stands; `None` where it was never begun.
    async fn orphan_standing(
        &self,
        identity: &ProviderIdentity,
    ) -> Result<Option<OrphanStanding>, StoreError>;
}

/// How far the release of an orphan has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrphanStanding {
    /// Somebody is giving it back.
    UnderWay,
    /// It waits for an operator.
    InReview,
    /// It is given back.
    Released,
}

impl OrphanStanding {
    /// Reads the state's name in SQL.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "releasing" => Some(Self::UnderWay),
            "review" => Some(Self::InReview),
            "released" => Some(Self::Released),
            _ => None,
        }
    }
}

//! The port to what limits one user, and to what counts against it.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::{Change, UserId};

use super::StoreError;
use crate::limits::{LimitUse, OwnLimits};

/// Stores what operators have set for users. The limits themselves are kept by [`open`](super::PurchaseStore::open), in
/// the transaction that opens an order: a limit that is set holds for every order that opens after its commit.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait LimitStore: Send + Sync {
    /// What is set for a user, and what they have. A user of whom nobody knows anything has nothing.
    async fn limits(&self, user: &UserId) -> Result<LimitsFile, StoreError>;

    /// Replaces what is set for a user, if it still is what the change was made for. One transaction; a repeat of the same
    /// change is answered as it was the first time.
    async fn set_limits(&self, change: &Change<LimitsSetting>) -> Result<SetLimitsAnswer, StoreError>;
}

/// A user, as far as limits go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LimitsFile {
    /// What is set for them alone.
    pub own: OwnLimits,
    /// How often that was changed; 0 where it never was.
    pub version: u32,
    /// What they have.
    pub used: LimitUse,
}

/// Sets what limits one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitsSetting {
    /// Whom.
    pub user: UserId,
    /// What holds for them alone from now on, whole.
    pub own: OwnLimits,
    /// The version that this was made for.
    pub version: u32,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of setting limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetLimitsAnswer {
    /// Set.
    Set,
    /// Somebody else has changed them since they were read; nothing was changed by this.
    Moved,
}

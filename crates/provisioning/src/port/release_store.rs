//! The port to the state transitions of giving a number back.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::{BusinessId, Change, NumberId, OwnedNumber, RequestKey, ReviewReason, UserId};

use super::{Repeat, StoreError};
use crate::{LeaseTerms, LeaseToken, ReleaseOutcome};

/// Stores releases. Each method is one database transaction; the claim on the phone number stays until `finish`.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ReleaseStore: Send + Sync {
    /// Begins a release: owner, business, not primary and live are tested in the same statement that changes the status. A
    /// refusal is stored as the answer of the request key, where there is one. The record of a number that lives
    /// elsewhere is `released` at once, and the request answered with `Released`.
    async fn begin(&self, change: &Change<ReleaseOpening>) -> Result<ReleaseAnswer, StoreError>;

    /// What an idempotency key stands for now; `None` when it is free.
    async fn repeat(&self, request: &RequestKey) -> Result<Option<Repeat<ReleaseOutcome>>, StoreError>;

    /// The number is gone at the provider: `releasing` or `review` becomes `released` and the claim is freed. Needs
    /// no lease, because it carries evidence. The request is answered with `Released`.
    async fn finish(&self, change: &Change<ReleaseEnd>) -> Result<ReleaseTransition, StoreError>;

    /// The provider refuses: back to `active`. The request is answered with `Refused`.
    async fn give_back(&self, change: &Change<ReleaseReturn>) -> Result<ReleaseTransition, StoreError>;

    /// Leaves a release undecided until later, and gives the lease up.
    async fn park(&self, change: &Change<ReleaseParking>) -> Result<ReleaseTransition, StoreError>;

    /// Hands a release to an operator.
    async fn refer(&self, change: &Change<ReleaseReferral>) -> Result<ReleaseTransition, StoreError>;

    /// Takes over up to `limit` numbers in `releasing` whose lease has run out and whose next attempt is due.
    async fn claim_stalled(&self, terms: LeaseTerms, limit: u16) -> Result<Vec<StalledRelease>, StoreError>;
}

/// Begins a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseOpening {
    /// The number.
    pub number: NumberId,
    /// Whose it must be.
    pub user: UserId,
    /// In which of these businesses it must be; `None` where it may be in any or none.
    pub within: Option<Vec<BusinessId>>,
    /// How long its opener has before somebody else takes it over.
    pub terms: LeaseTerms,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of beginning a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReleaseAnswer {
    /// Begun.
    Begun(BegunRelease),
    /// It only recorded a number that lives elsewhere: the record is `released` now, and there is nothing to send.
    RecordRemoved(OwnedNumber),
    /// Not begun; nothing was sent anywhere.
    Refused(ReleaseRefusal),
    /// The idempotency key was used before.
    Repeat(Repeat<ReleaseOutcome>),
}

/// A release that is begun, with what its opener needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunRelease {
    /// The number, in `releasing`.
    pub number: OwnedNumber,
    /// The opener's lease.
    pub lease: LeaseToken,
}

/// Why a release was not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseRefusal {
    /// The user has no such live number, or it is in none of the businesses.
    NotFound,
    /// A primary number is kept.
    Primary,
    /// It is being released already, or under review.
    Busy,
}

/// The number is gone at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseEnd {
    /// The number.
    pub number: NumberId,
    /// When.
    pub at: DateTime<Utc>,
}

/// The provider refuses to take the number back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseReturn {
    /// The number.
    pub number: NumberId,
    /// The worker's lease.
    pub lease: LeaseToken,
    /// The provider's error code, where it gave one.
    pub code: Option<u32>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Leaves a release undecided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseParking {
    /// The number.
    pub number: NumberId,
    /// The worker's lease, given up by this.
    pub lease: LeaseToken,
    /// When to try again, from now by the store's clock.
    pub next_attempt_in: Duration,
    /// How many attempts were made.
    pub attempts: u32,
    /// When.
    pub at: DateTime<Utc>,
}

/// Hands a release to an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseReferral {
    /// The number.
    pub number: NumberId,
    /// The worker's lease.
    pub lease: LeaseToken,
    /// Why.
    pub reason: ReviewReason,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of a transition, with the number as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReleaseTransition {
    /// Done, now or by an earlier repeat of the same change.
    Applied(OwnedNumber),
    /// Not done: somebody else holds the lease, or the number is past it.
    Stale(OwnedNumber),
}

impl ReleaseTransition {
    /// The number as it stands, either way.
    pub fn into_number(self) -> OwnedNumber {
        match self {
            Self::Applied(number) | Self::Stale(number) => number,
        }
    }
}

/// A release that a worker has taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StalledRelease {
    /// The number, in `releasing`.
    pub number: OwnedNumber,
    /// The worker's lease.
    pub lease: LeaseToken,
    /// How many attempts were made.
    pub attempts: u32,
}

//! The port to orphans and to the pass that finds them.
//!
//! An orphan is a number that the provider holds for an order that failed here: bought after all, and nobody's.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::{AccountSid, Change, NumberId, OrderId, PhoneNumber, ProviderIdentity, ReviewReason};

use super::StoreError;
use crate::{LeaseTerms, LeaseToken};

/// Stores the release of orphans and the passes over the provider's inventory.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait OrphanStore: Send + Sync {
    /// Begins the release of an orphan. Taken only if in this transaction the order is here and `failed`, no number
    /// row has the identity, and no other order holds the claim; takes the cooling claim over or inserts one.
    async fn begin(&self, change: &Change<OrphanOpening>) -> Result<OrphanAnswer, StoreError>;

    /// Begins the release of a number that was given back here and is still there. Taken only if in this transaction
    /// the number's row is `released` and has exactly this identity, and no other order holds the claim; from there it
    /// is an orphan like the others, and may be begun again however often it comes back.
    async fn begin_leftover(&self, change: &Change<LeftoverOpening>) -> Result<OrphanAnswer, StoreError>;

    /// The orphan is gone at the provider: its claim is freed. Needs no lease.
    async fn finish(&self, change: &Change<OrphanEnd>) -> Result<bool, StoreError>;

    /// Leaves an orphan until later, and gives the lease up. False when the lease is lost.
    async fn park(&self, change: &Change<OrphanParking>) -> Result<bool, StoreError>;

    /// Hands an orphan to an operator. False when the lease is lost.
    async fn refer(&self, change: &Change<OrphanReferral>) -> Result<bool, StoreError>;

    /// Takes over up to `limit` orphans whose lease has run out and whose next attempt is due.
    async fn claim_stalled(&self, terms: LeaseTerms, limit: u16) -> Result<Vec<StalledOrphan>, StoreError>;

    /// Where the release of this number stands; `None` where it was never begun.
    async fn orphan_standing(
        &self,
        identity: &ProviderIdentity,
    ) -> Result<Option<OrphanStanding>, StoreError>;

    /// Takes the right to make the next pass; `None` while another one is being made or the last complete one ended
    /// less than `every` ago.
    async fn begin_pass(&self, terms: LeaseTerms, every: Duration) -> Result<Option<PassLease>, StoreError>;

    /// Keeps the right to a pass for the time of its lease from now. False when it is lost: the pass has ended, or somebody
    /// else has begun one.
    async fn renew_pass(&self, pass: PassLease, terms: LeaseTerms) -> Result<bool, StoreError>;

    /// Ends a pass. If its listing was complete, claims of the listed account's orders that were cooling since at least
    /// `cooling` before the pass began, and whose number the listing lacks, are freed; answers how many. Nothing
    /// happens when the lease is lost.
    async fn finish_pass(&self, change: &Change<PassResult>) -> Result<u64, StoreError>;
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

/// A number at the provider that belongs to a failed order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// What it is at the provider.
    pub identity: ProviderIdentity,
    /// The number.
    pub phone_number: PhoneNumber,
    /// The order of its marker.
    pub order: OrderId,
}

/// Begins the release of an orphan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrphanOpening {
    /// The orphan, as a direct fetch just showed it.
    pub orphan: Orphan,
    /// How long its opener has before somebody else takes it over.
    pub terms: LeaseTerms,
    /// When.
    pub at: DateTime<Utc>,
}

/// Begins the release of a number that was given back here and that the provider still has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftoverOpening {
    /// Our row of it.
    pub number: NumberId,
    /// The number, as a direct fetch just showed it, and the order that once bought it.
    pub orphan: Orphan,
    /// How long its opener has before somebody else takes it over.
    pub terms: LeaseTerms,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of beginning the release of an orphan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrphanAnswer {
    /// Begun, or being released already with its lease run out.
    Begun(LeaseToken),
    /// Left alone.
    Refused(OrphanRefusal),
}

/// Why an orphan is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrphanRefusal {
    /// This database has no such order: a restored backup, perhaps.
    UnknownOrder,
    /// The order is not failed.
    OrderNotFailed,
    /// A number row has this identity.
    NumberExists,
    /// Our row of the number is not released, or is of another number.
    NotReleased,
    /// Another order holds the claim on the phone number.
    ClaimedByOther,
    /// Somebody is releasing it, has released it, or has handed it to an operator.
    InProgress,
}

/// The orphan is gone at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrphanEnd {
    /// Which.
    pub identity: ProviderIdentity,
    /// When.
    pub at: DateTime<Utc>,
}

/// Leaves an orphan until later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrphanParking {
    /// Which.
    pub identity: ProviderIdentity,
    /// The worker's lease, given up by this.
    pub lease: LeaseToken,
    /// When to try again, from now by the store's clock.
    pub next_attempt_in: Duration,
    /// How many attempts were made.
    pub attempts: u32,
    /// When.
    pub at: DateTime<Utc>,
}

/// Hands an orphan to an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrphanReferral {
    /// Which.
    pub identity: ProviderIdentity,
    /// The worker's lease.
    pub lease: LeaseToken,
    /// Why.
    pub reason: ReviewReason,
    /// When.
    pub at: DateTime<Utc>,
}

/// An orphan that a worker has taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StalledOrphan {
    /// Which.
    pub orphan: Orphan,
    /// The worker's lease.
    pub lease: LeaseToken,
    /// How many attempts were made.
    pub attempts: u32,
}

/// The right to make one pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PassLease {
    /// The right.
    pub lease: LeaseToken,
    /// When the pass began, by the store's clock.
    pub begun_at: DateTime<Utc>,
}

/// What a pass found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassResult {
    /// The pass.
    pub pass: PassLease,
    /// The account that was listed: it says nothing about the numbers of another one.
    pub account: AccountSid,
    /// Whether the provider's listing was complete.
    pub complete: bool,
    /// Every phone number that it had.
    pub present: Vec<PhoneNumber>,
    /// How long a claim cools at least.
    pub cooling: Duration,
}

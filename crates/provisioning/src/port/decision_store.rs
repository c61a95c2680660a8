//! The port to an operator's decisions about numbers: taking one into our books, writing one off, ending a review.

use std::str::FromStr;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::{
    Change, DeploymentId, Money, NumberId, NumberSid, Order, OrderId, Origin, OwnedNumber, PhoneNumber,
    ProviderIdentity, Reason, ReviewReason,
};
use trunkline_wallet::{HoldCapture, HoldPlacement};

use super::{BegunRelease, Orphan, OrphanRefusal, ReleaseTransition, StoreError};
use crate::{LeaseTerms, LeaseToken};

/// Stores what an operator decides about numbers. Each change is one database transaction and safe to repeat.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait DecisionStore: Send + Sync {
    /// What this database has under a name: every row, released ones included, the newest [`FILES_MAX`] first, and the
    /// orphans that are being released or were.
    async fn files(&self, name: &NumberName) -> Result<NumberFiles, StoreError>;

    /// Orphans whose release waits for an operator, the longest waiting first; at most `limit`.
    async fn orphans_in_review(&self, limit: u16) -> Result<Vec<OrphanFile>, StoreError>;

    /// Takes a number that the account holds and nobody has into our books: order, claim, hold, capture and number row
    /// together, or nothing of it. The order's times are set by the store's clock. Refused where a row has the number's
    /// id at the provider, the order exists, somebody deals with the phone number, or the wallet has too little; a
    /// claim that is cooling is taken over, whichever failed order left it.
    async fn adopt(&self, change: &Change<Adoption>) -> Result<AdoptAnswer, StoreError>;

    /// Puts the row back of a number whose order is completed and charged, and which no row has any more: row and claim
    /// together, or nothing of it, and no money is moved. Refused where a row has the number, its order was not charged,
    /// or somebody else deals with the phone number; a claim that is cooling is taken over.
    async fn restore(&self, change: &Change<Restoration>) -> Result<RestoreAnswer, StoreError>;

    /// A live number is gone at the provider: it is `released`, primary no more, its claim freed, whoever works on its
    /// release without a say, and a request about that release answered with `Released`. Needs no lease, because it
    /// carries evidence. A number that is released already stays as it is.
    async fn write_off(&self, change: &Change<WriteOff>) -> Result<ReleaseTransition, StoreError>;

    /// The release of a number in `review` is tried again, with no attempts counted: `releasing`, with a lease.
    async fn resume_release(&self, change: &Change<ReleaseResumption>) -> Result<ResumeAnswer, StoreError>;

    /// A number in `review` is kept: back to `active`. A request about its release is answered as one that was refused.
    async fn keep(&self, change: &Change<ReviewKeeping>) -> Result<ReleaseTransition, StoreError>;

    /// Every release that is under way, of numbers and of orphans, waits for an operator from now on, whoever works on
    /// it.
    async fn stop_releases(&self, change: &Change<ReleaseStop>) -> Result<StoppedReleases, StoreError>;

    /// The release of an orphan in `review` is tried again, with no attempts counted. Taken only if in this transaction
    /// nobody has worked on it since its file was read, its order is `failed`, and no number row has its id.
    async fn resume_orphan(
        &self,
        change: &Change<OrphanResumption>,
    ) -> Result<OrphanResumeAnswer, StoreError>;
}

/// Stops every release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReleaseStop {
    /// When.
    pub at: DateTime<Utc>,
}

impl ReleaseStop {
    /// The change, with its line of the audit trail.
    pub fn change(
        reason: &Reason,
        origin: &Origin,
        deployment: DeploymentId,
        at: DateTime<Utc>,
    ) -> Change<Self> {
        let mut audit = origin.audit("releases.stop", deployment, None, at);
        audit.reason = Some(reason.to_string());
        Change::new(Self { at }).audit(audit)
    }
}

/// How many releases were stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoppedReleases {
    /// Of customers' numbers.
    pub numbers: u64,
    /// Of numbers at the provider that are nobody's.
    pub orphans: u64,
}

/// How many rows of one name are read.
pub const FILES_MAX: u16 = 20;

/// How an operator names a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NumberName {
    /// By the id of our row.
    Id(NumberId),
    /// By its id at the provider, in whichever account.
    Sid(NumberSid),
    /// By itself. Records of numbers elsewhere are found, too.
    Phone(PhoneNumber),
}

/// A text that names no number.
#[derive(Debug, thiserror::Error)]
pub enum NumberNameError {
    /// It begins as a number does, and is none.
    #[error("a phone number is written as +14152300101")]
    Phone(#[source] <PhoneNumber as FromStr>::Err),
    /// It begins as an id at the provider does, and is none.
    #[error("Twilio's id of a number")]
    Sid(#[source] <NumberSid as FromStr>::Err),
    /// It is no id of ours.
    #[error(
        "a number is named by our id, a UUID, as `trunkline number list` shows it; by Twilio's, PN...; or by itself, +..."
    )]
    Id(#[source] <NumberId as FromStr>::Err),
}

/// By whatever an operator has of it.
impl FromStr for NumberName {
    type Err = NumberNameError;

    fn from_str(text: &str) -> Result<Self, NumberNameError> {
        if text.starts_with('+') {
            text.parse().map(Self::Phone).map_err(NumberNameError::Phone)
        } else if text.starts_with("PN") {
            text.parse().map(Self::Sid).map_err(NumberNameError::Sid)
        } else {
            text.parse().map(Self::Id).map_err(NumberNameError::Id)
        }
    }
}

/// Everything that a database has under one name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NumberFiles {
    /// Its rows, newest first.
    pub numbers: Vec<NumberFile>,
    /// What turned up at the provider for failed orders; none where a row was named by its id.
    pub orphans: Vec<OrphanFile>,
}

/// A row, with how its release goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberFile {
    /// The row.
    pub number: OwnedNumber,
    /// How often its latest release was attempted.
    pub release_attempts: u32,
}

/// The release of an orphan, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrphanFile {
    /// The orphan.
    pub orphan: Orphan,
    /// Where its release stands.
    pub stage: OrphanStage,
    /// How often it was attempted.
    pub attempts: u32,
    /// The token of whoever worked on it last.
    pub lease: LeaseToken,
    /// When it last changed hands or status.
    pub updated_at: DateTime<Utc>,
}

/// Where the release of an orphan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrphanStage {
    /// Being released.
    Releasing,
    /// Waits for an operator.
    Review(ReviewReason),
    /// Given back.
    Released,
}

impl OrphanStage {
    /// The name in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Releasing => "releasing",
            Self::Review(_) => "review",
            Self::Released => "released",
        }
    }
}

/// Takes a number that the account holds into our books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    /// Its order, `completed` with this number.
    pub order: Order,
    /// Reserves the order's charge.
    pub hold: HoldPlacement,
    /// Takes it.
    pub capture: HoldCapture,
    /// The number row; its order, user and phone number are the order's.
    pub number: OwnedNumber,
}

/// What became of an adoption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdoptAnswer {
    /// Adopted, now or by an earlier repeat of the same change; the number as it stands.
    Adopted(OwnedNumber),
    /// A row has this id at the provider already.
    Known(OwnedNumber),
    /// The database has an order of this id.
    OrderExists,
    /// Somebody deals with the phone number.
    Claimed {
        /// The order that took it.
        order: OrderId,
        /// What deals with it now.
        holder: ClaimHolder,
    },
    /// The wallet has too little available.
    InsufficientBalance {
        /// What would be taken.
        required: Money,
        /// What is available.
        available: Money,
    },
}

/// Puts the row back of a number that its order has paid for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restoration {
    /// The row: id, user, phone number and identity are those that the order has.
    pub number: OwnedNumber,
}

/// What became of putting a row back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestoreAnswer {
    /// Put back, now or before; the number as it stands.
    Restored(OwnedNumber),
    /// Another row has the number's id, its id at the provider or its order.
    Known(OwnedNumber),
    /// The order is completed, and nothing was taken for it.
    NotCharged,
    /// Somebody else deals with the phone number.
    Claimed {
        /// The order that took it.
        order: OrderId,
        /// What deals with it now.
        holder: ClaimHolder,
    },
}

/// What deals with a phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimHolder {
    /// An order that is not decided.
    Order,
    /// A live number.
    Number,
    /// The release of an orphan.
    Orphan,
}

/// A live number is gone at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteOff {
    /// The number.
    pub number: NumberId,
    /// When.
    pub at: DateTime<Utc>,
}

/// The release of a number in `review` is tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseResumption {
    /// The number.
    pub number: NumberId,
    /// How long whoever resumes it has before somebody else takes it over.
    pub terms: LeaseTerms,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of resuming a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResumeAnswer {
    /// Resumed, now or by an earlier repeat of the same change, with the lease it got then.
    Resumed(BegunRelease),
    /// It is not under review; the number as it stands.
    Stale(OwnedNumber),
}

/// A number in `review` is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewKeeping {
    /// The number.
    pub number: NumberId,
    /// When.
    pub at: DateTime<Utc>,
}

/// The release of an orphan in `review` is tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrphanResumption {
    /// Which.
    pub identity: ProviderIdentity,
    /// The token in the file that the decision was made on.
    pub after: LeaseToken,
    /// How long whoever resumes it has before somebody else takes it over.
    pub terms: LeaseTerms,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of resuming the release of an orphan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrphanResumeAnswer {
    /// Resumed, now or by an earlier repeat of the same change that nobody has taken over since.
    Resumed(LeaseToken),
    /// Left alone.
    Refused(OrphanRefusal),
}

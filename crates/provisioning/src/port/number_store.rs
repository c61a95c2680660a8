//! The port to the numbers, apart from buying and releasing them.

use async_trait::async_trait;
use trunkline_domain::{
    BusinessId, Change, Country, Currency, NumberId, NumberKind, NumberStatus, OwnedNumber, PhoneNumber,
    ProviderIdentity, UserId,
};

use super::{NumberSearch, StoreError};

/// Whose things are asked for. Stores put it into every statement, so what is out of scope does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// One user's.
    User(UserId),
    /// One user's, as far as they are in these businesses: what they share with somebody. The owner goes with the
    /// businesses, because the id of one that is deleted may come to be another user's.
    Within {
        /// Whose.
        owner: UserId,
        /// In which businesses; in none is nothing.
        businesses: Vec<BusinessId>,
    },
    /// Everybody's: operators and background work.
    Everyone,
}

/// Where something is: what decides who may reach it, asked for that and for nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Whose it is.
    pub user: UserId,
    /// In which business, where it is in one.
    pub business: Option<BusinessId>,
}

/// Reads and changes numbers.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait NumberStore: Send + Sync {
    /// One number, released ones included, if it is within the scope.
    async fn number(&self, scope: &Scope, id: NumberId) -> Result<Option<OwnedNumber>, StoreError>;

    /// Where a number is, released ones included.
    async fn place_of_number(&self, id: NumberId) -> Result<Option<Place>, StoreError>;

    /// The number with this identity at the provider, released ones included.
    async fn number_by_identity(
        &self,
        identity: &ProviderIdentity,
    ) -> Result<Option<OwnedNumber>, StoreError>;

    /// The live number that holds the claim on a phone number. Records of numbers elsewhere are never found.
    async fn number_by_phone(&self, phone_number: &PhoneNumber) -> Result<Option<OwnedNumber>, StoreError>;

    /// Numbers, newest first; the page and its totals are of one moment.
    async fn numbers(&self, filter: &NumberFilter) -> Result<NumberPage, StoreError>;

    /// Stores a number's changeable parts, if nobody changed it since and its status accepts changes. A number that
    /// becomes primary takes that from its business's other one in the same transaction.
    async fn update(&self, change: &Change<NumberUpdate>) -> Result<UpdateAnswer, StoreError>;

    /// Records a number that lives elsewhere. Unique per user and phone number among live rows.
    async fn record(&self, change: &Change<NumberRecording>) -> Result<RecordAnswer, StoreError>;
}

/// Which numbers; all that is said must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberFilter {
    /// Whose.
    pub scope: Scope,
    /// Of this business.
    pub business: Option<BusinessId>,
    /// In this status; without one all but released.
    pub status: Option<NumberStatus>,
    /// Of this type.
    pub kind: Option<NumberKind>,
    /// Of this country.
    pub country: Option<Country>,
    /// Found by this.
    pub search: Option<NumberSearch>,
    /// From the one after this.
    pub after: Option<NumberId>,
    /// At most so many, 1 to 100.
    pub limit: u16,
}

impl NumberFilter {
    /// The newest of all that are not released, at most so many.
    pub const fn of(scope: Scope, limit: u16) -> Self {
        Self {
            scope,
            business: None,
            status: None,
            kind: None,
            country: None,
            search: None,
            after: None,
            limit,
        }
    }
}

/// One page of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberPage {
    /// The numbers.
    pub numbers: Vec<OwnedNumber>,
    /// How many the filter finds on all pages.
    pub total: u64,
    /// What those cost a month together, for each currency that there is among them, by its code.
    pub monthly: Vec<MonthlyCost>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<NumberId>,
}

/// What numbers cost a month together, in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthlyCost {
    /// The currency.
    pub currency: Currency,
    /// How much, in millionths. Records cost what their users say, so the sum may be more than any `Money`.
    pub micros: i128,
}

/// A number with its changeable parts changed: display name, business, primary, active, notes, webhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberUpdate {
    /// The number as it shall be, its version still the one that it was read with.
    pub number: OwnedNumber,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpdateAnswer {
    /// Stored; the number as it is now.
    Updated(OwnedNumber),
    /// Somebody changed it since it was read.
    Stale,
    /// It is being released, under review, or released.
    Busy,
}

/// Records a number that lives elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberRecording {
    /// The number: without identity and order, provider other than ours.
    pub number: OwnedNumber,
}

/// What became of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordAnswer {
    /// Recorded.
    Recorded(OwnedNumber),
    /// The user has this number already, bought or recorded.
    Exists(NumberId),
}

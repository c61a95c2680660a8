//! The number: what a user owns or has recorded, and the state machine of keeping and releasing it.
//!
//! ```text
//! active ──begin release──▶ releasing ──finish──▶ released
//!    ▲                       ▲  ├───refuse──▶ active
//!    │                       │  └───refer───▶ review ──finish──▶ released
//!    │                       └─────resume───────┤
//!    └───────────────keep or refuse─────────────┘
//! ```
//!
//! A suspended number can be released as an active one. An operator ends a review: `resume` tries the release again,
//! `keep` gives it up. They may write a number off that is live here and gone at the provider, whatever its status.
//! `released` is the end; its row is kept.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    AccountSid, BusinessId, Capabilities, Country, Money, NumberId, NumberKind, NumberSid, OrderId,
    PhoneNumber, UserId,
};

/// Where a number stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberStatus {
    /// Held and working.
    Active,
    /// Held, not working until it is paid for.
    Suspended,
    /// Being given back.
    Releasing,
    /// Waits for an operator.
    Review,
    /// Given back. Kept for history.
    Released,
}

/// What can happen to a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberEvent {
    /// Its user gives it back.
    BeginRelease,
    /// The provider has taken it back.
    FinishRelease,
    /// The provider refuses to take it back.
    RefuseRelease,
    /// Hand it to an operator.
    Refer,
    /// An operator has its release tried again.
    ResumeRelease,
    /// An operator gives its release up, because the provider still has it.
    Keep,
    /// An operator says that the provider does not have it any more.
    WriteOff,
}

/// An event that does not belong to the status a number has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a number that is {status:?} cannot {event:?}")]
pub struct NumberTransitionError {
    /// Where the number stands.
    pub status: NumberStatus,
    /// What was asked of it.
    pub event: NumberEvent,
}

impl NumberStatus {
    /// All statuses.
    pub const ALL: [Self; 5] = [Self::Active, Self::Suspended, Self::Releasing, Self::Review, Self::Released];

    /// The status after an event.
    pub const fn after(self, event: NumberEvent) -> Result<Self, NumberTransitionError> {
        match (self, event) {
            (Self::Active | Self::Suspended, NumberEvent::BeginRelease)
            | (Self::Review, NumberEvent::ResumeRelease) => Ok(Self::Releasing),
            (Self::Releasing | Self::Review, NumberEvent::FinishRelease)
            | (Self::Active | Self::Suspended | Self::Releasing | Self::Review, NumberEvent::WriteOff) => {
                Ok(Self::Released)
            }
            (Self::Releasing | Self::Review, NumberEvent::RefuseRelease)
            | (Self::Review, NumberEvent::Keep) => Ok(Self::Active),
            (Self::Active | Self::Suspended | Self::Releasing, NumberEvent::Refer) => Ok(Self::Review),
            (Self::Releasing | Self::Review | Self::Released, NumberEvent::BeginRelease)
            | (
                Self::Active | Self::Suspended | Self::Released,
                NumberEvent::FinishRelease | NumberEvent::RefuseRelease,
            )
            | (Self::Review | Self::Released, NumberEvent::Refer)
            | (
                Self::Active | Self::Suspended | Self::Releasing | Self::Released,
                NumberEvent::ResumeRelease | NumberEvent::Keep,
            )
            | (Self::Released, NumberEvent::WriteOff) => Err(NumberTransitionError { status: self, event }),
        }
    }

    /// Whether the number is still held at the provider, as far as we know.
    pub const fn is_live(self) -> bool {
        match self {
            Self::Active | Self::Suspended | Self::Releasing | Self::Review => true,
            Self::Released => false,
        }
    }

    /// Whether its user may change it.
    pub const fn accepts_changes(self) -> bool {
        match self {
            Self::Active | Self::Suspended => true,
            Self::Releasing | Self::Review | Self::Released => false,
        }
    }

    /// The name in records, SQL and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Releasing => "releasing",
            Self::Review => "review",
            Self::Released => "released",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// The longest display name, in characters.
pub const DISPLAY_NAME_MAX: usize = 64;

/// A customer's name for a number: 1 to 64 characters after trimming, no control characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DisplayName(String);

/// A display name that is empty, too long, or has control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a display name has 1 to {DISPLAY_NAME_MAX} visible characters")]
pub struct DisplayNameError;

impl DisplayName {
    /// The name of a number that has none: the number itself.
    pub fn of_phone_number(phone_number: &PhoneNumber) -> Self {
        Self(phone_number.as_str().to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DisplayName {
    type Error = DisplayNameError;

    fn try_from(text: String) -> Result<Self, DisplayNameError> {
        let name = text.trim();
        let length = name.chars().count();
        if (1..=DISPLAY_NAME_MAX).contains(&length) && !name.chars().any(char::is_control) {
            Ok(Self(name.to_owned()))
        } else {
            Err(DisplayNameError)
        }
    }
}

impl FromStr for DisplayName {
    type Err = DisplayNameError;

    fn from_str(text: &str) -> Result<Self, DisplayNameError> {
        Self::try_from(text.to_owned())
    }
}

impl From<DisplayName> for String {
    fn from(name: DisplayName) -> Self {
        name.0
    }
}

impl fmt::Display for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a number is at the provider. After settlement this, not the marker, says whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ProviderIdentity {
    /// The account that owns it.
    pub account: AccountSid,
    /// The number's own id.
    pub number: NumberSid,
}

/// Where the provider sends what happens on a number; `None` where nothing is set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WebhookUrls {
    /// Asked for instructions when a call comes in.
    pub voice_url: Option<String>,
    /// Asked for a reply when a text comes in. Only for numbers that take texts.
    pub sms_url: Option<String>,
    /// Told when a call ends.
    pub status_callback_url: Option<String>,
}

/// A number that a user owns, or that they have recorded although it lives elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnedNumber {
    /// Identity.
    pub id: NumberId,
    /// Whose it is.
    pub user: UserId,
    /// What it is assigned to.
    pub business: Option<BusinessId>,
    /// The number.
    pub phone_number: PhoneNumber,
    /// The customer's name for it.
    pub display_name: DisplayName,
    /// Its country.
    pub country: Country,
    /// Its kind.
    pub kind: NumberKind,
    /// Where it stands.
    pub status: NumberStatus,
    /// The one number of its business that callers see first; cannot be released or switched off.
    pub is_primary: bool,
    /// The customer's own switch: off keeps the number and answers as not in service.
    pub is_active: bool,
    /// Who supplies it: `twilio` for what was bought here, anything else for a record of a number elsewhere.
    pub provider: String,
    /// What it is at the provider; `None` exactly for records of numbers elsewhere.
    pub identity: Option<ProviderIdentity>,
    /// The order that bought it, or that stands for the purchase in another system; `None` exactly for records of
    /// numbers elsewhere.
    pub order: Option<OrderId>,
    /// The price of a month.
    pub monthly_cost: Money,
    /// What it can do.
    pub capabilities: Capabilities,
    /// The customer's own notes.
    pub notes: Option<String>,
    /// Where the provider sends what happens on it.
    pub webhooks: WebhookUrls,
    /// Why it waits for an operator; set exactly in `review`.
    pub review: Option<crate::ReviewReason>,
    /// When it was bought or recorded.
    pub purchased_at: DateTime<Utc>,
    /// When the row was made.
    pub created_at: DateTime<Utc>,
    /// When the row last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts changes; a store refuses a change made against an older version.
    pub version: i64,
}

impl OwnedNumber {
    /// The provider of every number that is bought here.
    pub const PROVIDER: &'static str = "twilio";

    /// Whether this only records a number that lives elsewhere: never charged, never matched, no provider calls.
    pub fn is_record_only(&self) -> bool {
        self.identity.is_none()
    }

    /// Whether this was brought here from another system, where it was bought. The provider's label of such a number
    /// has no marker of ours, and need not: its id at the provider says whose it is.
    pub fn is_imported(&self) -> bool {
        self.order == Some(OrderId::of_imported(self.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [NumberEvent; 7] = [
        NumberEvent::BeginRelease,
        NumberEvent::FinishRelease,
        NumberEvent::RefuseRelease,
        NumberEvent::Refer,
        NumberEvent::ResumeRelease,
        NumberEvent::Keep,
        NumberEvent::WriteOff,
    ];

    #[test]
    fn released_is_the_end() {
        for event in EVENTS {
            assert!(NumberStatus::Released.after(event).is_err());
        }
    }

    #[test]
    fn a_release_begins_once() {
        assert_eq!(NumberStatus::Active.after(NumberEvent::BeginRelease), Ok(NumberStatus::Releasing));
        assert!(NumberStatus::Releasing.after(NumberEvent::BeginRelease).is_err());
        assert!(NumberStatus::Review.after(NumberEvent::BeginRelease).is_err());
    }

    #[test]
    fn an_operator_ends_reviews_alone_and_writes_off_what_is_live() {
        for status in NumberStatus::ALL {
            let in_review = status == NumberStatus::Review;
            assert_eq!(status.after(NumberEvent::ResumeRelease).is_ok(), in_review, "{status:?}");
            assert_eq!(status.after(NumberEvent::Keep).is_ok(), in_review, "{status:?}");
            assert_eq!(status.after(NumberEvent::WriteOff).is_ok(), status.is_live(), "{status:?}");
        }
        assert_eq!(NumberStatus::Review.after(NumberEvent::ResumeRelease), Ok(NumberStatus::Releasing));
        assert_eq!(NumberStatus::Review.after(NumberEvent::Keep), Ok(NumberStatus::Active));
        assert_eq!(NumberStatus::Active.after(NumberEvent::WriteOff), Ok(NumberStatus::Released));
    }

    #[test]
    fn only_settled_numbers_accept_changes() {
        for status in NumberStatus::ALL {
            assert_eq!(status.accepts_changes(), status.after(NumberEvent::BeginRelease).is_ok());
            assert_eq!(NumberStatus::from_name(status.as_str()), Some(status));
        }
    }

    #[test]
    fn display_names_are_trimmed_and_bounded() {
        assert_eq!("  Front desk ".parse::<DisplayName>().unwrap().as_str(), "Front desk");
        assert!("   ".parse::<DisplayName>().is_err());
        assert!("a\u{7}b".parse::<DisplayName>().is_err());
        assert!("é".repeat(64).parse::<DisplayName>().is_ok());
        assert!("é".repeat(65).parse::<DisplayName>().is_err());
    }
}

//! What the provider's regulations want of the operator, and how what the operator has falls short of it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What the operator had approved at the provider for a country and type, by the provider's ids.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RegulatoryIds {
    /// An approved regulatory bundle.
    pub bundle_sid: Option<String>,
    /// A validated address.
    pub address_sid: Option<String>,
}

/// How far the provider is with a bundle: the evidence about an end user, for one country and type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BundleStatus {
    /// Not handed in.
    Draft,
    /// Handed in.
    PendingReview,
    /// Being looked at.
    InReview,
    /// Refused.
    Rejected,
    /// Good.
    Approved,
    /// Good for now. Twilio's refusals ask for `twilio-approved`, so numbers are not counted on with it.
    ProvisionallyApproved,
    /// A word of the provider's that we do not know.
    Other(String),
}

impl BundleStatus {
    /// Whether numbers can be bought with it, until it runs out.
    pub const fn is_approved(&self) -> bool {
        match self {
            Self::Approved => true,
            Self::Draft
            | Self::PendingReview
            | Self::InReview
            | Self::Rejected
            | Self::ProvisionallyApproved
            | Self::Other(_) => false,
        }
    }
}

impl fmt::Display for BundleStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Draft => "a draft that was not submitted",
            Self::PendingReview => "waiting for review",
            Self::InReview => "in review",
            Self::Rejected => "rejected",
            Self::Approved => "approved",
            Self::ProvisionallyApproved => "provisionally approved",
            Self::Other(word) => word,
        })
    }
}

/// Why the operator's bundles do not serve for a country and type. It names none: it is told to customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BundleGap {
    /// There is none.
    Absent,
    /// The best that there is is not approved.
    Unapproved(BundleStatus),
    /// One is approved, and the price file does not name it.
    NotSet,
    /// The one that the price file names is not for this country and type.
    Unknown,
    /// One was approved and has run out.
    Expired,
}

impl fmt::Display for BundleGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("none is registered"),
            Self::Unapproved(status) => write!(f, "the one that is registered is {status}"),
            Self::NotSet => f.write_str("one is approved, and the price file does not name it"),
            Self::Unknown => f.write_str("the one in the price file is not for this country and type"),
            Self::Expired => f.write_str("the one that is registered has expired"),
        }
    }
}

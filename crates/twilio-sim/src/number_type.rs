//! The kinds of number that are sold here, and how Twilio spells each of them.

use serde::{Deserialize, Serialize};

/// What Twilio calls the type of a number. The other types of its search (national, `VoIP`, shared cost,
/// machine to machine) have no stock in this simulator and answer 404, as any type does that a country has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NumberType {
    /// A number of an area.
    Local,
    /// A number whose calls the called party pays.
    TollFree,
    /// A number of a mobile network.
    Mobile,
}

impl NumberType {
    /// Every type, in the order in which Twilio lists a country's sub-resources.
    pub(crate) const ALL: [Self; 3] = [Self::Local, Self::TollFree, Self::Mobile];

    /// The type that a path names: `Local`, `TollFree` or `Mobile`.
    pub(crate) fn from_path(segment: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|number_type| number_type.path() == segment)
    }

    /// The segment of a path.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Local => "Local",
            Self::TollFree => "TollFree",
            Self::Mobile => "Mobile",
        }
    }

    /// The key among a country's `subresource_uris`.
    pub(crate) const fn subresource(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::TollFree => "toll_free",
            Self::Mobile => "mobile",
        }
    }

    /// The value of `type` in an owned number.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::TollFree => "toll-free",
            Self::Mobile => "mobile",
        }
    }

    /// The spelling in the name of a regulation.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Local => "Local",
            Self::TollFree => "Toll-free",
            Self::Mobile => "Mobile",
        }
    }

    /// The spelling of the pricing API, with a blank.
    pub(crate) const fn priced(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::TollFree => "toll free",
            Self::Mobile => "mobile",
        }
    }

    /// The spelling inside the messages about regulatory bundles.
    pub(crate) const fn shouted(self) -> &'static str {
        match self {
            Self::Local => "LOCAL",
            Self::TollFree => "TOLL_FREE",
            Self::Mobile => "MOBILE",
        }
    }
}

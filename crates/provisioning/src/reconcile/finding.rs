//! What a reconciliation finds.

use serde::{Deserialize, Serialize};
use trunkline_alarms::{Alarm, Onset};
use trunkline_domain::{
    AccountSid, DeploymentId, Money, NumberId, NumberSid, OrderId, OwnedNumber, PhoneNumber, UserId,
};
use trunkline_provider::ProviderNumber;

use crate::causes::ACCOUNT;
use crate::port::Contradiction;

/// A number as the provider shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldNumber {
    /// Its id there.
    pub number_sid: NumberSid,
    /// The number.
    pub phone_number: PhoneNumber,
    /// Its label there.
    pub friendly_name: String,
}

/// A number as our row has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BookedNumber {
    /// Our id of it.
    pub number_id: NumberId,
    /// Whose.
    pub user: UserId,
    /// The number.
    pub phone_number: PhoneNumber,
    /// Its id at the provider.
    pub number_sid: NumberSid,
}

/// A disagreement between the provider's books and ours, or within ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "class", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Finding {
    /// The provider holds a number with the marker of an order of ours that failed: nobody's.
    Orphan {
        /// The number.
        held: HeldNumber,
        /// The order.
        order: OrderId,
    },
    /// The provider holds a number with our marker whose order this database does not have: was a backup restored?
    UnknownOrder {
        /// The number.
        held: HeldNumber,
        /// The order of the marker.
        order: OrderId,
    },
    /// The provider holds a number that is none of ours.
    Foreign {
        /// The number.
        held: HeldNumber,
        /// The deployment of its marker; without one it has no marker.
        deployment: Option<DeploymentId>,
    },
    /// The provider holds a second number with the marker of an order that has its own.
    SecondNumber {
        /// The number.
        held: HeldNumber,
        /// The order.
        order: OrderId,
    },
    /// A live row of ours, and the account does not hold the number: two complete answers and a direct question said so.
    Ghost {
        /// The row.
        booked: BookedNumber,
        /// The account that the operator has moved it to, where it was found.
        moved_to: Option<AccountSid>,
    },
    /// A live row of ours, and the number is set up otherwise than the row says.
    Drifted {
        /// The row.
        booked: BookedNumber,
        /// Each setting that differs.
        differences: Vec<Difference>,
    },
    /// A released row of ours, and the account holds the number under the same id still.
    ReleasedButPresent {
        /// The row.
        booked: BookedNumber,
    },
    /// An order whose charge or whose number is missing.
    Contradiction(Contradiction),
    /// The provider asks more for a month than the customer pays.
    PriceUnderCost {
        /// The row.
        booked: BookedNumber,
        /// What the customer pays a month.
        price: Money,
        /// What the provider asks a month.
        cost: Money,
    },
}

/// A setting of a number that differs between the provider and our row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// Which.
    pub setting: Setting,
    /// What the provider has.
    pub held: Option<String>,
    /// What our row says.
    pub booked: Option<String>,
}

/// A setting of a number at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// The friendly name: display name and marker.
    FriendlyName,
    /// Where calls go.
    VoiceUrl,
    /// Where texts go.
    SmsUrl,
    /// Where the ends of calls go.
    StatusCallbackUrl,
}

impl Finding {
    /// The name of its class, as reports have it.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Orphan { .. } => "orphan",
            Self::UnknownOrder { .. } => "unknown_order",
            Self::Foreign { .. } => "foreign",
            Self::SecondNumber { .. } => "second_number",
            Self::Ghost { .. } => "ghost",
            Self::Drifted { .. } => "drifted",
            Self::ReleasedButPresent { .. } => "released_but_present",
            Self::Contradiction(_) => "contradiction",
            Self::PriceUnderCost { .. } => "price_under_cost",
        }
    }

    /// Its number's id at the provider; a contradiction is about an order.
    pub const fn number_sid(&self) -> Option<&NumberSid> {
        match self {
            Self::Orphan { held, .. }
            | Self::UnknownOrder { held, .. }
            | Self::Foreign { held, .. }
            | Self::SecondNumber { held, .. } => Some(&held.number_sid),
            Self::Ghost { booked, .. }
            | Self::Drifted { booked, .. }
            | Self::ReleasedButPresent { booked }
            | Self::PriceUnderCost { booked, .. } => Some(&booked.number_sid),
            Self::Contradiction(_) => None,
        }
    }

    /// What is worth a call at night: what a customer may be paying for, or may have for nothing, and what a restored
    /// backup leaves behind. The rest can wait for whoever reads the report.
    pub(super) fn onset(&self, account: &AccountSid) -> Option<Onset> {
        match self {
            Self::Ghost { booked, .. } => {
                let sentence = "the account does not have a number that a customer has";
                let onset = Onset::of(Alarm::GhostNumber, booked.number_id, sentence);
                Some(onset.with("numberSid", booked.number_sid.as_str()))
            }
            Self::Contradiction(Contradiction { order, missing, .. }) => {
                let sentence = "an order's charge and number contradict each other";
                let onset = Onset::of(Alarm::BooksContradict, order, sentence);
                Some(onset.with("missing", missing.as_str()))
            }
            Self::UnknownOrder { held, order } => {
                let sentence = "the provider holds a number of ours whose order this database does not have; was a backup restored?";
                let onset = Onset::of(Alarm::UnknownOrder, &held.number_sid, sentence);
                Some(onset.with(ACCOUNT, account.as_str()).with("orderId", order.to_string()))
            }
            Self::Orphan { .. }
            | Self::Foreign { .. }
            | Self::SecondNumber { .. }
            | Self::Drifted { .. }
            | Self::ReleasedButPresent { .. }
            | Self::PriceUnderCost { .. } => None,
        }
    }
}

impl From<&ProviderNumber> for HeldNumber {
    fn from(number: &ProviderNumber) -> Self {
        Self {
            number_sid: number.identity.number.clone(),
            phone_number: number.phone_number.clone(),
            friendly_name: number.friendly_name.clone(),
        }
    }
}

impl BookedNumber {
    /// The row, where it is of a number that was bought here.
    pub(crate) fn of(number: &OwnedNumber) -> Option<Self> {
        let identity = number.identity.as_ref()?;
        Some(Self {
            number_id: number.id,
            user: number.user.clone(),
            phone_number: number.phone_number.clone(),
            number_sid: identity.number.clone(),
        })
    }
}

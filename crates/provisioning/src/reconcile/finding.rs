//! What a reconciliation finds, and the report that is kept of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use trunkline_domain::{
    AccountSid, Country, DeploymentId, Money, NumberId, NumberSid, OrderId, OwnedNumber, PhoneNumber, UserId,
};
use trunkline_provider::{Listing, ProviderNumber};

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
}

/// What one reconciliation compared, and found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The account that was listed.
    pub account: AccountSid,
    /// When it began, by our clock.
    pub begun_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// Whether the provider's listing was complete. Where it was not, nothing is concluded about any number.
    pub complete: bool,
    /// Numbers that the provider listed.
    pub held: u64,
    /// Rows of ours on that account that were compared.
    pub compared: u64,
    /// Numbers and rows that were left for the next time: in flight, or younger than a quarter of an hour.
    pub skipped: u64,
    /// Live rows on other accounts, of which this one's listing says nothing.
    pub on_other_accounts: u64,
    /// Countries whose costs the provider did not say, so that no price there was compared.
    pub costs_unknown: Vec<Country>,
    /// How many findings there are.
    pub found: u64,
    /// The findings; of very many the first [`FINDINGS_KEPT`].
    pub findings: Vec<Finding>,
}

/// How many findings a report has at most.
pub const FINDINGS_KEPT: usize = 1_000;

impl Report {
    /// The report of a list with which nothing is compared yet.
    pub(super) fn of(listing: &Listing, begun_at: DateTime<Utc>) -> Self {
        Self {
            account: listing.account.clone(),
            begun_at,
            ended_at: begun_at,
            complete: listing.complete,
            held: u64::try_from(listing.numbers.len()).unwrap_or(u64::MAX),
            compared: 0,
            skipped: 0,
            on_other_accounts: 0,
            costs_unknown: Vec::new(),
            found: 0,
            findings: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, finding: Finding) {
        self.found += 1;
        if self.findings.len() < FINDINGS_KEPT {
            self.findings.push(finding);
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

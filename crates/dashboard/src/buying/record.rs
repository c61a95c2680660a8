//! What the pages of a purchase read of the API's answers.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use trunkline_domain::{ChargeState, Country, Currency, JsonMoney, Money, NumberId, OrderId};
use trunkline_http::charge_sentence;

/// What a search found.
#[derive(Debug, Deserialize)]
pub(super) struct Found {
    pub(super) numbers: Vec<Hit>,
}

/// A number that is for sale.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Hit {
    pub(super) phone_number: String,
    pub(super) monthly_cost: JsonMoney,
    pub(super) setup_cost: JsonMoney,
    pub(super) currency: Currency,
    pub(super) locality: Option<String>,
    pub(super) region: Option<String>,
    pub(super) capabilities: Capabilities,
    pub(super) address_requirements: String,
    pub(super) address_on_file: bool,
    pub(super) bundle_on_file: bool,
}

/// What a number can do.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Capabilities {
    pub(super) voice: bool,
    pub(super) sms: bool,
    pub(super) mms: bool,
}

impl Hit {
    /// Where it is, as far as the carrier says.
    pub(super) fn place(&self) -> String {
        let parts = [self.locality.as_deref(), self.region.as_deref()];
        let parts: Vec<_> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
        parts.join(", ")
    }
}

/// The prices in force.
#[derive(Debug, Deserialize)]
pub(super) struct Prices {
    pub(super) prices: Vec<Price>,
}

/// What numbers of a country and type cost.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Price {
    pub(super) country_code: Country,
    pub(super) number_type: String,
    monthly_cost: JsonMoney,
    setup_cost: JsonMoney,
    pub(super) currency: Currency,
}

impl Price {
    pub(super) fn monthly(&self) -> Option<Money> {
        Money::new(self.monthly_cost.0, self.currency).ok()
    }

    pub(super) fn setup(&self) -> Option<Money> {
        Money::new(self.setup_cost.0, self.currency).ok()
    }
}

/// What can be spent.
#[derive(Debug, Deserialize)]
pub(super) struct Balance {
    pub(super) currency: Currency,
    available: JsonMoney,
    debt: JsonMoney,
}

impl Balance {
    pub(super) fn available(&self) -> Option<Money> {
        Money::new(self.available.0, self.currency).ok()
    }

    pub(super) fn debt(&self) -> Option<Money> {
        Money::new(self.debt.0, self.currency).ok().filter(|debt| debt.is_positive())
    }
}

/// What a purchase that was sent became, as far as a page goes on from it.
#[derive(Debug, Deserialize)]
pub(super) struct Sent {
    pub(super) number: Option<BoughtNumber>,
    pub(super) order: Option<SentOrder>,
}

/// The number that was bought.
#[derive(Debug, Deserialize)]
pub(super) struct BoughtNumber {
    pub(super) id: NumberId,
}

/// The order that is not decided yet.
#[derive(Debug, Deserialize)]
pub(super) struct SentOrder {
    pub(super) id: OrderId,
}

/// One order.
#[derive(Debug, Deserialize)]
pub(super) struct OneOrder {
    pub(super) order: Order,
}

/// A page of orders.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Orders {
    pub(super) orders: Vec<Order>,
    pub(super) next_cursor: Option<OrderId>,
}

/// An order.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Order {
    pub(super) id: OrderId,
    status: String,
    pub(super) phone_number: String,
    amount: JsonMoney,
    currency: Currency,
    charged: ChargeState,
    pub(super) error: Option<String>,
    pub(super) number_id: Option<NumberId>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
}

/// How far an order is, for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// The number is theirs.
    Bought,
    /// It came to nothing.
    Failed,
    /// The carrier was asked a moment ago.
    Asking,
    /// The carrier did not answer; we find out.
    FindingOut,
    /// A person looks at it.
    LookedAt,
}

impl Order {
    pub(super) fn amount(&self) -> Option<Money> {
        Money::new(self.amount.0, self.currency).ok()
    }

    pub(super) fn progress(&self) -> Progress {
        match self.status.as_str() {
            "completed" => Progress::Bought,
            "failed" => Progress::Failed,
            "ordering" => Progress::Asking,
            "review" => Progress::LookedAt,
            _ => Progress::FindingOut,
        }
    }

    /// Where the money is, as a sentence.
    pub(super) fn money(&self, amount: &str) -> String {
        match self.charged {
            ChargeState::Yes => format!("{amount} was charged."),
            ChargeState::Held => {
                format!("{amount} is held in the wallet until this is decided; it is not spent.")
            }
            ChargeState::No => charge_sentence(ChargeState::No).to_owned(),
        }
    }
}

impl Progress {
    /// Whether anything is still to happen.
    pub(super) const fn is_decided(self) -> bool {
        match self {
            Self::Bought | Self::Failed => true,
            Self::Asking | Self::FindingOut | Self::LookedAt => false,
        }
    }

    /// In a word or two, and how to mark it.
    pub(super) const fn badge(self) -> (&'static str, &'static str) {
        match self {
            Self::Bought => ("Bought", "good"),
            Self::Failed => ("Not bought", "bad"),
            Self::Asking => ("Being bought", "waiting"),
            Self::FindingOut => ("Not decided yet", "waiting"),
            Self::LookedAt => ("Being looked at", "waiting"),
        }
    }

    /// What happens now, for somebody who waits.
    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::Bought => "The number is yours, and your voice agent answers on it.",
            Self::Failed => "The purchase came to nothing.",
            Self::Asking => "The carrier is being asked for the number. This takes a few seconds.",
            Self::FindingOut => {
                "The carrier has not told us yet whether the number is yours. We are finding out, which takes a few minutes at \
                 most. There is nothing to do, and nothing to buy again: the number appears, or the money returns."
            }
            Self::LookedAt => {
                "We could not find out by ourselves whether the number is yours, so a person looks at it. There is nothing to \
                 do: the number appears, or the money returns."
            }
        }
    }
}

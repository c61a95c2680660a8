//! What callers ask of the facade: parsed, complete, and saying on whose behalf.

use trunkline_domain::{
    BusinessId, Country, Currency, DisplayName, Money, NumberId, NumberKind, NumberType, Origin, PhoneNumber,
    ProvisioningNeeds, RequestKey, UserId,
};
use trunkline_provider::{AvailableNumber, SearchQuery};

use crate::Repairs;
use crate::port::Scope;

/// Searches for numbers with their prices.
#[derive(Debug, Clone)]
pub struct SearchCommand {
    /// What to search for.
    pub query: SearchQuery,
    /// In which currency to price it.
    pub currency: Currency,
}

/// A search hit with what it costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedNumber {
    /// The hit.
    pub number: AvailableNumber,
    /// Each month.
    pub monthly: Money,
    /// Once, with the first month.
    pub setup: Money,
    /// What the operator has approved at the provider for numbers like it, which goes into a purchase.
    pub on_file: ProvisioningNeeds,
}

/// Buys a number.
#[derive(Debug, Clone)]
pub struct PurchaseCommand {
    /// Who pays.
    pub user: UserId,
    /// Exactly this number.
    pub phone_number: PhoneNumber,
    /// The customer's name for it.
    pub display_name: DisplayName,
    /// What to assign it to; must be the user's.
    pub business: Option<BusinessId>,
    /// What the client believes its country to be; decides between the United States and Canada for +1 toll-free
    /// numbers, and must not contradict the number.
    pub country: Option<Country>,
    /// What the client believes its type to be; local where neither the plan nor the client says.
    pub number_type: Option<NumberType>,
    /// Which wallet pays.
    pub currency: Currency,
    /// The most that the client was shown; a higher charge is refused.
    pub max_amount: Option<Money>,
    /// The client's idempotency key.
    pub request: Option<RequestKey>,
    /// Who asked.
    pub origin: Origin,
}

/// Gives a number back.
#[derive(Debug, Clone)]
pub struct ReleaseCommand {
    /// Whose it is.
    pub user: UserId,
    /// In which of these businesses it must be, for somebody who may give back what is in them alone.
    pub within: Option<Vec<BusinessId>>,
    /// Which.
    pub number: NumberId,
    /// The client's idempotency key.
    pub request: Option<RequestKey>,
    /// Who asked.
    pub origin: Origin,
}

/// Changes what a customer may change of a number. `None` leaves a part as it is.
#[derive(Debug, Clone)]
pub struct UpdateCommand {
    /// Whose it is.
    pub user: UserId,
    /// In which of these businesses it must be and stay, for somebody who may change what is in them alone.
    pub within: Option<Vec<BusinessId>>,
    /// Which.
    pub number: NumberId,
    /// A new name.
    pub display_name: Option<DisplayName>,
    /// Another business, which must be the user's; the inner `None` takes it out of any.
    pub business: Option<Option<BusinessId>>,
    /// Primary of its business or not.
    pub is_primary: Option<bool>,
    /// In service or not.
    pub is_active: Option<bool>,
    /// New notes, at most 2,000 characters; the inner `None` clears them.
    pub notes: Option<Option<String>>,
    /// Who asked.
    pub origin: Origin,
}

/// Records a number that lives elsewhere.
#[derive(Debug, Clone)]
pub struct RecordCommand {
    /// Whose it is.
    pub user: UserId,
    /// The number.
    pub phone_number: PhoneNumber,
    /// The customer's name for it.
    pub display_name: DisplayName,
    /// What to assign it to; must be the user's.
    pub business: Option<BusinessId>,
    /// Its country; derived from the number where nobody says.
    pub country: Option<Country>,
    /// Its kind.
    pub kind: NumberKind,
    /// Who supplies it; anything but `twilio`, 1 to 64 characters.
    pub provider: String,
    /// What it costs a month there; nothing is ever charged for it here.
    pub monthly_cost: Money,
    /// The customer's own notes.
    pub notes: Option<String>,
    /// Who asked.
    pub origin: Origin,
}

impl ReleaseCommand {
    /// Where the number must be.
    pub(crate) fn scope(&self) -> Scope {
        scope_of(&self.user, self.within.as_ref())
    }
}

impl UpdateCommand {
    /// Where the number must be.
    pub(crate) fn scope(&self) -> Scope {
        scope_of(&self.user, self.within.as_ref())
    }
}

fn scope_of(user: &UserId, within: Option<&Vec<BusinessId>>) -> Scope {
    match within {
        Some(businesses) => Scope::Within { owner: user.clone(), businesses: businesses.clone() },
        None => Scope::User(user.clone()),
    }
}

/// Compares the provider's books with ours.
#[derive(Debug, Clone)]
pub struct ReconcileCommand {
    /// What may be repaired.
    pub repairs: Repairs,
    /// Who asked.
    pub origin: Origin,
}

/// Gives every number the present addresses.
#[derive(Debug, Clone)]
pub struct RepointCommand {
    /// Whether it is done, or only said what would be.
    pub mode: RepointMode,
    /// Who asked.
    pub origin: Origin,
}

/// Whether something is done, or only said what would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepointMode {
    /// It is said what would be done.
    DryRun,
    /// It is done.
    Apply,
}

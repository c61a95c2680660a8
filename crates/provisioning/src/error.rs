//! What can go wrong, one enum per family of operations, a variant only where a caller acts differently.

use trunkline_domain::{Country, Currency, FailureReason, Money, NumberType, OrderId, OrderState};
use trunkline_provider::ProviderError;

use crate::port::{BusinessesError, OpenRefusal, StoreError};

/// Why a search found nothing to answer with.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// No price for this country and type in this currency.
    #[error("there is no price for {number_type} numbers in {country} in {currency}")]
    PricingUnavailable {
        /// The country.
        country: Country,
        /// The type.
        number_type: NumberType,
        /// The currency.
        currency: Currency,
    },
    /// The country has no numbers of this type.
    #[error("{country} has no {number_type} numbers")]
    TypeUnsupported {
        /// The country.
        country: Country,
        /// The type.
        number_type: NumberType,
        /// The priced types that the country has.
        supported: Vec<NumberType>,
    },
    /// A filter that the country does not know, or a value it cannot take.
    #[error("{field}: {message}")]
    Filter {
        /// The filter, as the query names it.
        field: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// The provider could not answer.
    #[error(transparent)]
    Provider(ProviderError),
}

/// Why a number was not bought. Except for `Storage` with an order, nothing is held and nothing was charged.
#[derive(Debug, thiserror::Error)]
pub enum PurchaseError {
    /// The command contradicts itself or the number.
    #[error("{field}: {message}")]
    Validation {
        /// The part at fault.
        field: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// No price for this country and type in this currency.
    #[error("there is no price for {number_type} numbers in {country} in {currency}")]
    PricingUnavailable {
        /// The country.
        country: Country,
        /// The type.
        number_type: NumberType,
        /// The currency.
        currency: Currency,
    },
    /// The charge is higher than the client showed.
    #[error("the price is {charge} now, more than {max}")]
    PriceChanged {
        /// What it would take.
        charge: Money,
        /// The most that the client accepts.
        max: Money,
    },
    /// The user has no such business.
    #[error("no such business")]
    BusinessNotFound,
    /// No provider is configured.
    #[error("no provider is configured")]
    NotConfigured,
    /// Never opened.
    #[error("the order was not opened: {0:?}")]
    Refused(OpenRefusal),
    /// Opened, and ended without the number.
    #[error("order {order} failed: {reason:?}")]
    Failed {
        /// The order.
        order: OrderId,
        /// Why.
        reason: FailureReason,
    },
    /// The idempotency key belongs to a purchase that is still running.
    #[error("a purchase with this idempotency key is still running")]
    InProgress,
    /// The idempotency key was used for another purchase.
    #[error("this idempotency key was used for another purchase")]
    KeyReused,
    /// The database failed.
    #[error("the database failed")]
    Storage {
        /// The order that may stand, with its money held; `None` where certainly nothing does.
        order: Option<OrderId>,
        /// What failed.
        #[source]
        source: StoreError,
    },
    /// It could not be asked whose business it is.
    #[error(transparent)]
    Businesses(#[from] BusinessesError),
    /// The server is shutting down and takes no more orders.
    #[error("the server is shutting down")]
    ShuttingDown,
}

/// Why a number was not given back.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// The user has no such live number.
    #[error("no such number")]
    NotFound,
    /// A primary number is kept.
    #[error("a primary number cannot be released")]
    Primary,
    /// It is being released already, or under review.
    #[error("the number is being released or under review")]
    Busy,
    /// No provider is configured.
    #[error("no provider is configured")]
    NotConfigured,
    /// The provider refuses to take it back; it works as before.
    #[error("the provider refuses to take the number back{}", code.map(|c| format!(" (code {c})")).unwrap_or_default())]
    RefusedByProvider {
        /// The provider's error code, where it gave one.
        code: Option<u32>,
    },
    /// The idempotency key belongs to a release that is still running.
    #[error("a release with this idempotency key is still running")]
    InProgress,
    /// The idempotency key was used for another release.
    #[error("this idempotency key was used for another release")]
    KeyReused,
    /// The database failed; the release may have begun, and then goes on by itself.
    #[error("the database failed")]
    Storage(#[from] StoreError),
    /// The server is shutting down and begins no more releases.
    #[error("the server is shutting down")]
    ShuttingDown,
}

/// Why a number was not changed or recorded.
#[derive(Debug, thiserror::Error)]
pub enum NumberError {
    /// The user has no such number.
    #[error("no such number")]
    NotFound,
    /// The user has no such business.
    #[error("no such business")]
    BusinessNotFound,
    /// The command contradicts itself or the number.
    #[error("{field}: {message}")]
    Validation {
        /// The part at fault.
        field: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// Whoever reaches some of the owner's businesses takes no number out of them.
    #[error("only its owner takes a number out of its business")]
    OwnersAlone,
    /// A primary number cannot be switched off, nor an inactive one made primary.
    #[error("a primary number cannot be inactive")]
    PrimaryInactive,
    /// It is being released or under review.
    #[error("the number is being released or under review")]
    Busy,
    /// The user has this number already.
    #[error("the user has this number already")]
    Exists(trunkline_domain::NumberId),
    /// The database failed.
    #[error("the database failed")]
    Storage(#[from] StoreError),
    /// It could not be asked whose business it is.
    #[error(transparent)]
    Businesses(#[from] BusinessesError),
}

/// Why an operator's decision on an order was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum DecisionError {
    /// No such order.
    #[error("no such order")]
    NotFound,
    /// The order has ended, or is being worked on now.
    #[error("the order is {}; only an unresolved order or one under review can be decided", .0.as_str())]
    NotUndecided(OrderState),
    /// The provider's account does not hold what the decision says, or holds what the decision denies.
    #[error("{0}")]
    Evidence(String),
    /// The provider could not be asked, so nothing was decided.
    #[error("the provider could not be asked, so nothing was decided")]
    Provider(#[source] ProviderError),
    /// The database failed.
    #[error("the database failed")]
    Storage(#[from] StoreError),
}

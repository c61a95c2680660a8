//! Why a decision about a number was not carried out.

use trunkline_domain::{
    AccountSid, Country, Currency, DeploymentId, Money, NumberStatus, NumberType, OrderId, OrderState,
    OwnedNumber, UserId,
};
use trunkline_provider::ProviderError;

use crate::port::{BusinessesError, ClaimHolder, OrphanStage, StoreError};

/// Why a decision about a number was not carried out. Except for `Storage` with an unknown outcome, nothing changed and
/// no money moved.
#[derive(Debug, thiserror::Error)]
pub enum NumberDecisionError {
    /// Nothing of ours has this name.
    #[error("this database has no such number")]
    NotFound,
    /// The number is a record of one that lives elsewhere: the provider has nothing to say about it.
    #[error("the number lives elsewhere and is only recorded here; its user removes the record")]
    RecordOnly,
    /// The status does not allow it.
    #[error("the number is {}, so this cannot be decided about it", status.as_str())]
    Status {
        /// Where it stands.
        status: NumberStatus,
    },
    /// The release of the orphan is not under review.
    #[error("the orphan's release does not wait for an operator")]
    OrphanStage {
        /// Where it stands.
        stage: OrphanStage,
    },
    /// Somebody decided something else about it, or began to work on it, at this moment.
    #[error("somebody else works on it at this moment; look again")]
    Overtaken,
    /// The command contradicts the number.
    #[error("{field}: {message}")]
    Validation {
        /// The part at fault.
        field: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// The user has no such business.
    #[error("no such business")]
    BusinessNotFound,
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
    /// The wallet has too little.
    #[error("the wallet has {available}, and an adopted number is charged as a purchase: {required}")]
    InsufficientBalance {
        /// What it would take.
        required: Money,
        /// What is available.
        available: Money,
    },
    /// A row of ours has the number already.
    #[error("number {} of {} has it already, and is {}", .0.id, .0.user, .0.status.as_str())]
    Known(Box<OwnedNumber>),
    /// Another deployment bought it.
    #[error("its name has the marker of deployment {deployment}: another Trunkline bought it")]
    OtherDeployment {
        /// Which.
        deployment: DeploymentId,
    },
    /// Its marker is that of an order of ours that has ended without it.
    #[error("its name has the marker of order {order}, which is {}", state.as_str())]
    OtherOrder {
        /// Which.
        order: OrderId,
        /// Where it stands.
        state: OrderState,
    },
    /// Its marker is that of an order of ours that is not decided.
    #[error("its name has the marker of order {order}, which is not decided")]
    OrderUndecided {
        /// Which.
        order: OrderId,
    },
    /// Somebody deals with its phone number.
    #[error("its phone number is taken: {}", match holder {
        ClaimHolder::Order => format!("order {order} is buying it"),
        ClaimHolder::Number => format!("the number of order {order} is live here"),
        ClaimHolder::Orphan => format!("it is being released for order {order}, which failed"),
    })]
    Claimed {
        /// The order that took it.
        order: OrderId,
        /// What deals with it.
        holder: ClaimHolder,
    },
    /// An order has paid for this very number, and no row of ours has it.
    #[error("order {order} of {user} was charged for this very number, and our row of it is gone")]
    PaidFor {
        /// Which order.
        order: OrderId,
        /// Whose it is.
        user: UserId,
    },
    /// The number's order is completed, and nothing was taken for it.
    #[error("order {order} bought it, and was never charged")]
    NotCharged {
        /// Which order.
        order: OrderId,
    },
    /// The account that the number is stored with is not the configured one, which says nothing about it.
    #[error("the number is of account {stored}, and {configured} is configured; nothing can be said of it")]
    OtherAccount {
        /// The number's own.
        stored: AccountSid,
        /// The one that is asked.
        configured: AccountSid,
    },
    /// The number was moved to another account of the operator's.
    #[error("the number was moved to account {account}, and lives on there")]
    Moved {
        /// Which.
        account: AccountSid,
    },
    /// The provider contradicts the decision.
    #[error("{0}")]
    Evidence(String),
    /// The provider could not be asked, so nothing was decided.
    #[error("the provider could not be asked, so nothing was decided")]
    Provider(#[source] ProviderError),
    /// It could not be asked whose business it is.
    #[error(transparent)]
    Businesses(#[from] BusinessesError),
    /// The database failed; see there whether the decision may stand. Deciding again is safe.
    #[error("the database failed")]
    Storage(#[from] StoreError),
}

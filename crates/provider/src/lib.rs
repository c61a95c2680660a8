//! The port to whoever supplies phone numbers.
//!
//! [`NumberProvider`] says what the product needs of a supplier, in the product's words; `trunkline-twilio` is the
//! adapter that speaks Twilio's. The one question that matters about a failure is *may it have happened?*, and
//! [`ProviderError`] is shaped by it: every variant but [`ProviderError::OutcomeUnknown`] means certainly not.
//!
//! A second port, [`ProviderAccount`], asks about the operator's account apart from its numbers: status, money,
//! addresses, what countries ask for, what numbers cost. [`AddressNeed::choose`] and [`RegulatoryFacts::missing`] are
//! the two judgements made from its answers, both pure.
//!
//! [`Measured`] is a decorator over both ports that measures every call.
//!
//! With feature `mock` the crate exports `MockNumberProvider` and `MockProviderAccount`.

mod account;
mod address;
mod error;
mod measured;
mod number;
mod port;
mod regulation;
mod search;
mod unconfigured;

#[cfg(feature = "mock")]
pub use account::MockProviderAccount;
pub use account::{AccountState, AccountStatus, ProviderAccount};
pub use address::{AccountAddress, AddressNeed};
pub use error::{ProviderError, Refusal};
pub use measured::{Measured, describe_metrics};
pub use number::{Bought, Listing, NumberPurchase, NumberSettings, ProviderNumber, ReleaseAnswer, Sighting};
#[cfg(feature = "mock")]
pub use port::MockNumberProvider;
pub use port::NumberProvider;
pub use regulation::{Bundle, MissingNeed, Regulation, RegulatoryFacts, bundle_gap};
pub use search::{AddressRequirement, AvailableNumber, SearchQuery};
pub use unconfigured::Unconfigured;

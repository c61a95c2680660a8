//! The port to whoever supplies phone numbers.
//!
//! [`NumberProvider`] says what the product needs of a supplier, in the product's words; `trunkline-twilio` is the
//! adapter that speaks Twilio's. The one question that matters about a failure is *may it have happened?*, and
//! [`ProviderError`] is shaped by it: every variant but [`ProviderError::OutcomeUnknown`] means certainly not.
//!
//! With feature `mock` the crate exports `MockNumberProvider`.

mod error;
mod number;
mod port;
mod search;
mod unconfigured;

pub use error::{ProviderError, Refusal};
pub use number::{Bought, Listing, NumberPurchase, NumberSettings, ProviderNumber, ReleaseAnswer, Sighting};
#[cfg(feature = "mock")]
pub use port::MockNumberProvider;
pub use port::NumberProvider;
pub use search::{AddressRequirement, AvailableNumber, SearchQuery};
pub use unconfigured::Unconfigured;

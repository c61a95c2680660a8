//! Buying, holding and releasing phone numbers.
mod command;
mod error;
mod lease;
mod outcome;
pub mod port;
mod settings;

pub use command::{
    PricedNumber, PurchaseCommand, RecordCommand, ReleaseCommand, SearchCommand, UpdateCommand,
};
pub use error::{DecisionError, NumberError, PurchaseError, ReleaseError, SearchError};
pub use lease::{LeaseTerms, LeaseToken};
pub use outcome::{PurchaseEnd, PurchaseOutcome, Purchased, ReleaseOutcome};
pub use settings::{ProvisioningSettings, SettingsError};

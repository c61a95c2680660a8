//! What can go wrong with a provider, told apart by whether the provider may have acted.

use std::error::Error;
use std::time::Duration;

/// A provider's failure. Every variant but `OutcomeUnknown` means that nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The provider said no to this request; the same request will be refused again.
    #[error("the provider refused: {reason:?}{}", code.map(|c| format!(" (code {c})")).unwrap_or_default())]
    Refused {
        /// Why, in the product's words.
        reason: Refusal,
        /// The provider's own error code, where it gave one.
        code: Option<u32>,
        /// The provider's own sentence, for the operator; may name the account, so never for customers.
        message: String,
    },
    /// The provider could not be reached, or is limiting us; nothing was sent or it was certainly not processed.
    #[error("the provider is not available: {detail}")]
    Unavailable {
        /// When the provider asks to be tried again.
        retry_after: Option<Duration>,
        /// What was seen.
        detail: String,
        /// The cause, where there is one.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// The provider does not accept our credentials.
    #[error("the provider does not accept the configured credentials{}", code.map(|c| format!(" (code {c})")).unwrap_or_default())]
    Unauthorized {
        /// The provider's own error code, where it gave one.
        code: Option<u32>,
    },
    /// No provider is configured.
    #[error("no provider is configured")]
    NotConfigured,
    /// The provider may or may not have acted: a timeout or reset after sending, a server error, an unreadable
    /// answer. For a read it means only that the question is not answered, so its sentence says no more than both have
    /// in common; whoever has asked for a change says what may have happened.
    #[error("the provider gave no answer that counts: {detail}")]
    OutcomeUnknown {
        /// What was seen.
        detail: String,
        /// The cause, where there is one.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
}

impl ProviderError {
    /// Whether the provider may have done what was asked.
    pub const fn may_have_happened(&self) -> bool {
        match self {
            Self::OutcomeUnknown { .. } => true,
            Self::Refused { .. }
            | Self::Unavailable { .. }
            | Self::Unauthorized { .. }
            | Self::NotConfigured => false,
        }
    }
}

/// Why a provider says no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The number is not to be had: taken, not the provider's, or not a number.
    NumberUnavailable,
    /// The number is not of the type it was ordered as.
    WrongType,
    /// An address is missing, or one in the number's own area is needed: another attempt with a fitting one is the
    /// cure.
    AddressRequired,
    /// The address that was given, or the account's, is not accepted: it must be mended at the provider.
    AddressRejected,
    /// An approved regulatory bundle is missing or does not satisfy this country and type.
    BundleRequired,
    /// The country has no numbers of this type.
    TypeNotOffered,
    /// A search filter that the country does not know, or a value it cannot take.
    Filter {
        /// The filter, as [`crate::SearchQuery`] names its field.
        field: &'static str,
        /// What is wrong with it, for people.
        message: String,
    },
    /// The account is suspended or closed.
    AccountInactive,
    /// The account may not do this: limited, a trial.
    AccountRestricted,
    /// These credentials may only pretend: the provider has them for tests.
    TestCredentials,
    /// Anything else that the provider certainly did not do.
    Other,
}

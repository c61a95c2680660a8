//! A request that failed: what was seen, what it means, and the words for it.

use std::error::Error;
use std::time::Duration;

use trunkline_provider::ProviderError;

use crate::classification::{Meaning, Seen, meaning};
use crate::operation::Operation;

/// A failed request on its way to becoming a [`ProviderError`].
#[derive(Debug)]
pub(crate) struct Failure {
    operation: Operation,
    seen: Seen,
    /// Twilio's own sentence, or ours about what was seen. Never a URL, which would name account and number.
    detail: String,
    retry_after: Option<Duration>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// Longer sentences of Twilio's are cut, in characters.
const DETAIL_MAX: usize = 500;

impl Failure {
    pub(crate) fn new(operation: Operation, seen: Seen, detail: impl Into<String>) -> Self {
        let detail: String = detail.into();
        let detail = detail.chars().take(DETAIL_MAX).collect();
        Self { operation, seen, detail, retry_after: None, source: None }
    }

    /// An answer of success that cannot be believed.
    pub(crate) fn unreadable(operation: Operation, detail: impl Into<String>) -> Self {
        Self::new(operation, Seen::Unreadable, detail)
    }

    pub(crate) fn with_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    pub(crate) fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.retry_after = retry_after;
        self
    }

    pub(crate) fn meaning(&self) -> Meaning {
        meaning(self.seen)
    }

    /// Whether nobody was there who could answer.
    pub(crate) const fn is_outage(&self) -> bool {
        self.seen.is_outage()
    }

    pub(crate) const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The HTTP status, where there was an answer.
    pub(crate) const fn status(&self) -> Option<u16> {
        match self.seen {
            Seen::Answered { status, .. } => Some(status),
            Seen::NotSent | Seen::TimedOut | Seen::Broken | Seen::Unreadable => None,
        }
    }

    /// Twilio's error code, where it gave one.
    pub(crate) const fn code(&self) -> Option<u32> {
        match self.seen {
            Seen::Answered { code, .. } => code,
            Seen::NotSent | Seen::TimedOut | Seen::Broken | Seen::Unreadable => None,
        }
    }
}

impl From<Failure> for ProviderError {
    fn from(failure: Failure) -> Self {
        let (meaning, code) = (failure.meaning(), failure.code());
        if let Some(reason) = meaning.refusal(failure.operation, &failure.detail) {
            return Self::Refused { reason, code, message: failure.detail };
        }
        match meaning {
            Meaning::Unauthorized => Self::Unauthorized { code },
            Meaning::RateLimited | Meaning::NotSent => Self::Unavailable {
                retry_after: failure.retry_after,
                detail: failure.detail,
                source: failure.source,
            },
            Meaning::Unknown
            | Meaning::NumberUnavailable
            | Meaning::WrongType
            | Meaning::AddressRequired
            | Meaning::AddressRejected
            | Meaning::BundleRequired
            | Meaning::AreaCode
            | Meaning::TakesNoTexts
            | Meaning::WebhookRejected
            | Meaning::AccountInactive
            | Meaning::AccountRestricted
            | Meaning::TestCredentials
            | Meaning::NotFound
            | Meaning::OtherRefusal => {
                Self::OutcomeUnknown { detail: failure.detail, source: failure.source }
            }
        }
    }
}

//! A request that failed: what was seen, what it means, and the words for it.

use std::error::Error;
use std::time::Duration;

use serde_json::Value;

use super::classification::{ErrorType, Meaning, Seen, meaning};
use super::wire::ErrorBody;
use crate::{GatewayError, IntentId};

/// A failed request on its way to becoming a [`GatewayError`].
#[derive(Debug)]
pub(super) struct Failure {
    seen: Seen,
    /// Stripe's own sentence, or ours about what was seen. For the operator: it may name a customer's data.
    detail: String,
    code: Option<String>,
    /// Which parameter it is about.
    param: Option<String>,
    decline: Option<Box<Decline>>,
    retry_after: Option<Duration>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What Stripe says of a payment method that was declined.
#[derive(Debug, Default)]
pub(super) struct Decline {
    /// The bank's reason, or Stripe's code where the bank gave none.
    pub(super) reason: Option<String>,
    /// The intent that was declined, as Stripe sent it.
    pub(super) intent: Option<Value>,
}

/// Longer sentences of Stripe's are cut, in characters.
const DETAIL_MAX: usize = 500;
/// The code under which a key that was used otherwise before is reported: Stripe gives such an error none.
const KEY_REUSED: &str = "idempotency_error";
/// The code under which an object is reported that there is not.
const MISSING: &str = "resource_missing";

impl Failure {
    pub(super) fn new(seen: Seen, detail: impl Into<String>) -> Self {
        let detail: String = detail.into();
        let detail = detail.chars().take(DETAIL_MAX).collect();
        Self { seen, detail, code: None, param: None, decline: None, retry_after: None, source: None }
    }

    /// An answer of success that cannot be believed.
    pub(super) fn unreadable(detail: impl Into<String>) -> Self {
        Self::new(Seen::Unreadable, detail)
    }

    /// An answer that is no success and carries one of Stripe's error bodies.
    pub(super) fn said(status: u16, body: ErrorBody) -> Self {
        let kind = ErrorType::from_name(&body.kind);
        let message = body.message.unwrap_or_else(|| format!("Stripe answered {status} without a word"));
        let mut failure = Self::new(Seen::Answered { status, kind: Some(kind) }, message);
        failure.decline = (kind == ErrorType::Card).then(|| {
            let reason = body.decline_code.or_else(|| body.code.clone());
            Box::new(Decline { reason, intent: body.payment_intent })
        });
        failure.param = body.param;
        failure.code = match kind {
            ErrorType::Idempotency => Some(body.code.unwrap_or_else(|| KEY_REUSED.to_owned())),
            ErrorType::Api | ErrorType::Card | ErrorType::InvalidRequest | ErrorType::Other => body.code,
        };
        failure
    }

    pub(super) fn with_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    pub(super) fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.retry_after = retry_after;
        self
    }

    /// The failure of a step after something had been changed already: whatever it means by itself, the whole has no
    /// certain outcome.
    pub(super) fn after_a_change(mut self) -> Self {
        self.seen = Seen::Unreadable;
        self.detail = format!("the charge was made, and what followed failed: {}", self.detail);
        self
    }

    /// The failure of one of many, named.
    pub(super) fn about(mut self, intent: &IntentId) -> Self {
        self.detail = format!("{intent}: {}", self.detail);
        self
    }

    pub(super) fn meaning(&self) -> Meaning {
        meaning(self.seen)
    }

    pub(super) const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The HTTP status, where there was an answer.
    pub(super) const fn status(&self) -> Option<u16> {
        match self.seen {
            Seen::Answered { status, .. } => Some(status),
            Seen::NotSent | Seen::TimedOut | Seen::Broken | Seen::Unreadable => None,
        }
    }

    /// Stripe's error code, where it gave one.
    pub(super) fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Whether the customer is missing whom the request named.
    fn names_no_customer(&self) -> bool {
        (self.code(), self.param.as_deref()) == (Some(MISSING), Some("customer"))
    }

    /// Whether it comes with the intent that was declined.
    pub(super) fn shows_an_intent(&self) -> bool {
        self.decline.as_ref().is_some_and(|decline| decline.intent.is_some())
    }

    /// What Stripe says of a payment method that was declined; nothing, where it was not.
    pub(super) fn into_decline(self) -> Decline {
        self.decline.map(|decline| *decline).unwrap_or_default()
    }
}

impl From<Failure> for GatewayError {
    fn from(failure: Failure) -> Self {
        match failure.meaning() {
            Meaning::Refused | Meaning::NotFound if failure.names_no_customer() => {
                Self::NoSuchCustomer { message: failure.detail }
            }
            Meaning::Refused | Meaning::Declined | Meaning::NotFound => {
                Self::Refused { code: failure.code, message: failure.detail }
            }
            Meaning::Unauthorized => Self::Unauthorized,
            Meaning::Limited | Meaning::NotSent => Self::Unavailable {
                retry_after: failure.retry_after,
                detail: failure.detail,
                source: failure.source,
            },
            // Not refused: the request that had the key first may have been carried out.
            Meaning::KeyReused => Self::OutcomeUnknown {
                detail: format!(
                    "{KEY_REUSED}: an earlier request under the same key had other parameters: {}",
                    failure.detail
                ),
                source: failure.source,
            },
            Meaning::Unknown => Self::OutcomeUnknown { detail: failure.detail, source: failure.source },
        }
    }
}

//! What an operator's decision meets, as operators see it. They may read what customers may not: ids at the provider,
//! and what speaks against a decision.

use trunkline_domain::{ChargeState, JsonMoney};
use trunkline_provider::ProviderError;
use trunkline_provisioning::DecisionError;
use trunkline_provisioning::port::StoreError;
use trunkline_wallet::{AdjustError, WalletStoreError};

use super::{ErrorCode, Problem};

impl From<DecisionError> for Problem {
    fn from(error: DecisionError) -> Self {
        match error {
            DecisionError::NotFound => Self::absent(ErrorCode::OrderNotFound),
            DecisionError::NotUndecided(state) => Self::new(
                ErrorCode::OrderNotUndecided,
                format!(
                    "The order is {}. Nothing was changed; only an unresolved order or one under review can be \
                     decided.",
                    state.as_str()
                ),
            )
            .member("orderStatus", state)
            .charged(state.charged()),
            DecisionError::Evidence(why) => Self::new(
                ErrorCode::EvidenceMissing,
                format!("{}. Nothing was changed, and the money is still held.", capital(&why)),
            )
            .charged(ChargeState::Held),
            DecisionError::Provider(error) => unasked(error).charged(ChargeState::Held),
            DecisionError::Storage(StoreError::OutcomeUnknown(_)) => Self::new(
                ErrorCode::StorageUnavailable,
                "The database did not say whether the decision is stored. Look at the order, and decide again if it \
                 is still undecided.",
            )
            .because(error),
            DecisionError::Storage(error) => error.into(),
        }
    }
}

/// The provider could not be asked for the evidence that a decision needs.
fn unasked(error: ProviderError) -> Problem {
    let (code, why) = match error {
        ProviderError::NotConfigured => (ErrorCode::TwilioNotConfigured, "Twilio is not configured"),
        ProviderError::Unauthorized { .. } | ProviderError::Refused { .. } => {
            (ErrorCode::ProviderRejected, "Twilio refused to answer, for a reason of credentials or account")
        }
        ProviderError::Unavailable { .. } | ProviderError::OutcomeUnknown { .. } => {
            (ErrorCode::ProviderUnavailable, "Twilio did not answer")
        }
    };
    let detail = format!(
        "{why}, so there is no evidence. Nothing was changed, and the money is still held; mend that and decide again."
    );
    Problem::new(code, detail).because(error)
}

impl From<AdjustError> for Problem {
    fn from(error: AdjustError) -> Self {
        match error {
            AdjustError::NotPositive | AdjustError::TooLarge => {
                Self::invalid_field("amount", error.to_string())
            }
            AdjustError::Insufficient { required, available, held } => {
                let detail = format!(
                    "{required} was to be taken, and {available} is available; {held} more is held for open orders \
                     and is never taken. Nothing was changed."
                );
                Self::new(ErrorCode::InsufficientBalance, detail)
                    .charged(ChargeState::No)
                    .member("requiredAmount", JsonMoney::from(required))
                    .member("availableAmount", JsonMoney::from(available))
                    .member("heldAmount", JsonMoney::from(held))
                    .member("currency", required.currency())
            }
            AdjustError::KeyReused => Self::key_reused("correction"),
            AdjustError::Unreckonable(error) => Self::internal().because(error),
            AdjustError::Store(WalletStoreError::OutcomeUnknown(_)) => {
                let detail = "The database did not say whether the correction is posted. Send the same request with \
                              the same Idempotency-Key again, which posts it once; without a key, look at the \
                              wallet first.";
                Self::new(ErrorCode::StorageUnavailable, detail).because(error)
            }
            AdjustError::Store(error) => error.into(),
        }
    }
}

/// A sentence begins with a capital.
fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

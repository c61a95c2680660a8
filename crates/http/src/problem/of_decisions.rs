//! What an operator's decision meets, as operators see it. They may read what customers may not: ids at the provider,
//! and what speaks against a decision.

use std::time::Duration;

use trunkline_alarms::{AlarmStoreError, EndAlarmError};
use trunkline_domain::{ChargeState, JsonMoney, Money};
use trunkline_provider::ProviderError;
use trunkline_provisioning::port::{ClaimHolder, StoreError};
use trunkline_provisioning::{DecisionError, NumberDecisionError, ReconcileError, SalesError};
use trunkline_wallet::{AdjustError, WalletStoreError};

use super::of_provisioning::RESTART_RETRY;
use super::{ErrorCode, Problem};

/// When to ask again whether another reconciliation has ended.
const UNDER_WAY_RETRY: Duration = Duration::from_mins(1);

/// What to do about a number that an order has paid for, and whose row is gone.
const PUT_BACK: &str =
    "do not release it: its userId, and fromOrder with its id, put the row back and charge nothing";

/// What to do about such a number that was not paid for.
const NOT_CHARGED: &str = "docs/operations.md says under books_contradict what to do";

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
            DecisionError::Provider(error) => {
                unasked(error, "Nothing was changed, and the money is still held").charged(ChargeState::Held)
            }
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
fn unasked(error: ProviderError, so: &str) -> Problem {
    let (code, why) = match error {
        ProviderError::NotConfigured => (ErrorCode::TwilioNotConfigured, "Twilio is not configured"),
        ProviderError::Unauthorized { .. } | ProviderError::Refused { .. } => {
            (ErrorCode::ProviderRejected, "Twilio refused to answer, for a reason of credentials or account")
        }
        ProviderError::Unavailable { .. } | ProviderError::OutcomeUnknown { .. } => {
            (ErrorCode::ProviderUnavailable, "Twilio did not answer")
        }
    };
    let detail = format!("{why}, so there is no evidence. {so}; mend that and decide again.");
    Problem::new(code, detail).because(error)
}

impl From<NumberDecisionError> for Problem {
    fn from(error: NumberDecisionError) -> Self {
        let said = format!("{}. Nothing was changed", capital(&error.to_string()));
        let refused = |code, then: &str| Self::new(code, format!("{said}; {then}."));
        let missing = |then: &str| refused(ErrorCode::EvidenceMissing, then);
        let waiting =
            || refused(ErrorCode::NumberNotUndecided, "look at the number, which says where it stands");
        match error {
            NumberDecisionError::NotFound => Self::absent(ErrorCode::NumberNotFound),
            NumberDecisionError::BusinessNotFound => Self::absent(ErrorCode::BusinessNotFound),
            NumberDecisionError::Validation { field, message } => Self::invalid_field(field, message),
            NumberDecisionError::RecordOnly => waiting(),
            NumberDecisionError::Status { status } => waiting().member("numberStatus", status),
            NumberDecisionError::OrphanStage { stage } => waiting().member("orphanStage", stage.as_str()),
            NumberDecisionError::Overtaken => refused(ErrorCode::NumberBusy, "look at it again in a moment"),
            NumberDecisionError::PricingUnavailable { .. } => refused(
                ErrorCode::PricingUnavailable,
                "add a price to the price file, or name another currency",
            ),
            NumberDecisionError::InsufficientBalance { required, available } => {
                let then = "credit the wallet first, also where the number shall cost nothing";
                refused(ErrorCode::InsufficientBalance, then)
                    .charged(ChargeState::No)
                    .member("requiredAmount", JsonMoney::from(required))
                    .member("availableAmount", JsonMoney::from(available))
                    .member("currency", required.currency())
            }
            NumberDecisionError::Known(number) => {
                refused(ErrorCode::NumberAlreadyExists, "look at that number, which says what to do")
                    .member("numberId", number.id)
                    .member("userId", number.user)
                    .member("numberStatus", number.status)
            }
            NumberDecisionError::OtherDeployment { deployment } => {
                missing("fromDeployment with exactly that id takes it from there")
                    .member("deployment", deployment)
            }
            NumberDecisionError::OtherOrder { order, state } => {
                missing("fromOrder with exactly that id takes it all the same")
                    .member("orderId", order)
                    .member("orderStatus", state)
            }
            NumberDecisionError::OrderUndecided { order } => {
                refused(ErrorCode::NumberAlreadyExists, "decide the order first").member("orderId", order)
            }
            NumberDecisionError::Claimed { order, holder } => match holder {
                ClaimHolder::Order => {
                    refused(ErrorCode::NumberAlreadyExists, "let the order be decided first")
                }
                ClaimHolder::Number => refused(ErrorCode::NumberAlreadyExists, "look at the number"),
                ClaimHolder::Orphan => refused(ErrorCode::NumberBusy, "let its release end first"),
            }
            .member("orderId", order),
            NumberDecisionError::PaidFor { order, user } => {
                missing(PUT_BACK).member("orderId", order).member("userId", user)
            }
            NumberDecisionError::NotCharged { order } => missing(NOT_CHARGED).member("orderId", order),
            NumberDecisionError::OtherAccount { stored, configured } => {
                missing("decide about it with the settings of its own account")
                    .member("accountSid", stored)
                    .member("configuredAccountSid", configured)
            }
            NumberDecisionError::Moved { account } => {
                missing("move it back, or release it there; \"moved\": true writes it off all the same")
                    .member("movedTo", account)
            }
            NumberDecisionError::Evidence(_) => missing("compare it with what Twilio's Console shows"),
            NumberDecisionError::Provider(error) => unasked(error, "Nothing was changed"),
            NumberDecisionError::Businesses(error) => Self::storage().because(error),
            NumberDecisionError::Storage(StoreError::OutcomeUnknown(_)) => unsaid().because(error),
            NumberDecisionError::Storage(error) => error.into(),
        }
    }
}

impl From<ReconcileError> for Problem {
    fn from(error: ReconcileError) -> Self {
        match error {
            ReconcileError::UnderWay => Self::new(
                ErrorCode::ReconciliationUnderWay,
                "Another reconciliation of the provider's inventory is under way. Nothing was changed; read its report \
                 when it has ended, or try again.",
            )
            .retry_after(UNDER_WAY_RETRY),
            ReconcileError::Stopped => {
                let detail = "The server stops, so the reconciliation came to no end. Nothing was repaired; try again.";
                Self::new(ErrorCode::Overloaded, detail).retry_after(RESTART_RETRY)
            }
            ReconcileError::Provider(error) => unasked(error, "Nothing was compared, and nothing changed"),
            ReconcileError::Store(_) => Self::new(
                ErrorCode::StorageUnavailable,
                "The database did not answer, so there may be no report. What was repaired before that is in the audit \
                 trail, and nothing else has changed; try again.",
            )
            .because(error),
        }
    }
}

impl From<SalesError> for Problem {
    fn from(error: SalesError) -> Self {
        match error {
            SalesError::Reason => Self::invalid_field("reason", error.to_string()),
            SalesError::Storage(StoreError::OutcomeUnknown(_)) => unsaid().because(error),
            SalesError::Storage(error) => error.into(),
        }
    }
}

impl From<AlarmStoreError> for Problem {
    fn from(error: AlarmStoreError) -> Self {
        match error {
            AlarmStoreError::Unavailable(_) => Self::storage().because(error),
            AlarmStoreError::OutcomeUnknown(_) => unsaid().because(error),
            AlarmStoreError::Broken(_) => Self::internal().because(error),
        }
    }
}

impl From<EndAlarmError> for Problem {
    fn from(error: EndAlarmError) -> Self {
        match error {
            EndAlarmError::Reason => Self::invalid_field("reason", error.to_string()),
            EndAlarmError::NotOpen { alarm, subject } => Self::new(
                ErrorCode::AlarmNotFound,
                format!(
                    "No alarm {alarm} about {subject} is open. Nothing was changed; GET /api/operator/alarms has the open \
                     ones."
                ),
            ),
            EndAlarmError::CauseStands { alarm, subject } => Self::new(
                ErrorCode::EvidenceMissing,
                format!(
                    "What {alarm} was raised about still stands for {subject}. Nothing was changed; the alarm ends by \
                     itself when that does, and docs/operations.md says what to do."
                ),
            ),
            EndAlarmError::Cause(error) => Self::new(
                ErrorCode::StorageUnavailable,
                "What the alarm was raised about could not be looked at. Nothing was changed; try again in a moment.",
            )
            .because(error),
            EndAlarmError::Store(error) => error.into(),
        }
    }
}

impl Problem {
    /// The provider does not take a number back.
    pub(crate) fn not_taken_back(provider_code: Option<u32>) -> Self {
        let detail = "Twilio refuses to take the number back. It is active and works as before; its Console may say why.";
        Self::new(ErrorCode::ProviderRejected, detail).member("providerCode", provider_code)
    }
}

/// The database did not say whether a decision is stored; all of them are safe to repeat.
fn unsaid() -> Problem {
    let detail = "The database did not say whether this is stored. Send the same request again: nothing is done twice.";
    Problem::new(ErrorCode::StorageUnavailable, detail)
}

impl From<AdjustError> for Problem {
    fn from(error: AdjustError) -> Self {
        match error {
            AdjustError::NotPositive | AdjustError::TooLarge => {
                Self::invalid_field("amount", error.to_string())
            }
            AdjustError::Insufficient { required, available, held } => {
                short_of(required, available, held, "Nothing was changed.")
            }
            AdjustError::TooManyWaiting(limit) => Self::too_many_approvals(limit),
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

/// More was to be taken out of a wallet than is available.
pub(super) fn short_of(required: Money, available: Money, held: Money, so: &str) -> Problem {
    let detail = format!(
        "{required} was to be taken, and {available} is available; {held} more is held for open orders and is never taken. \
         {so}"
    );
    Problem::new(ErrorCode::InsufficientBalance, detail)
        .charged(ChargeState::No)
        .member("requiredAmount", JsonMoney::from(required))
        .member("availableAmount", JsonMoney::from(available))
        .member("heldAmount", JsonMoney::from(held))
        .member("currency", required.currency())
}

/// A sentence begins with a capital.
fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

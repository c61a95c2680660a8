//! What payments refuse, as clients and the gateway see it.

use trunkline_domain::JsonMoney;
use trunkline_payments::{
    AmountError, AssessError, CONSENT_TEXT, CheckoutError, EventError, GatewayError, TopUpError,
    TopUpTermsError,
};

use super::{ChargeState, ErrorCode, Problem};
use crate::routes::top_ups;

impl From<CheckoutError> for Problem {
    fn from(error: CheckoutError) -> Self {
        match error {
            CheckoutError::Amount(error) => {
                let field = match &error {
                    AmountError::Currency { .. } => "currency",
                    AmountError::TooLittle(_) | AmountError::TooMuch(_) | AmountError::TooPrecise(_) => "amount",
                };
                Self::invalid_field(field, error.to_string())
            }
            CheckoutError::CapReached { used, cap } => {
                let detail = format!(
                    "{used} is paid or can still be paid today, of {cap} that one may pay on one day. Nothing was charged; pay \
                     less, finish what is open, or come back tomorrow (UTC). A page that is left counts until it closes, an hour after it was \
                     opened."
                );
                Self::new(ErrorCode::LimitExceeded, detail)
                    .member("limit", "payments_per_day")
                    .member("allowedAmount", JsonMoney::from(cap))
                    .member("usedAmount", JsonMoney::from(used))
                    .member("currency", cap.currency())
            }
            CheckoutError::KeyReused => Self::key_reused("payment"),
            CheckoutError::Ended(payment) => {
                let detail = format!(
                    "The payment of this Idempotency-Key is {}, so there is no page to pay on. Nothing was charged by this; use \
                     a new key for another payment.",
                    payment.state.as_str()
                );
                Self::new(ErrorCode::PaymentEnded, detail).member("paymentId", payment.id)
            }
            CheckoutError::Gateway(error) => gateway(error),
            CheckoutError::Store(error) => error.into(),
        }
        .charged(ChargeState::No)
    }
}

impl From<TopUpError> for Problem {
    fn from(error: TopUpError) -> Self {
        match error {
            TopUpError::Amount(error) => CheckoutError::Amount(error).into(),
            TopUpError::Terms(error) => {
                let field = match &error {
                    TopUpTermsError::Threshold => "threshold",
                    TopUpTermsError::MonthlyCap(_) => "monthlyCap",
                };
                Self::invalid_field(field, error.to_string())
            }
            TopUpError::NotFound(_) => top_ups::absent(),
            TopUpError::NotAgreed => {
                let sentence = format!(
                    "must be true where the threshold, the amount or the monthly cap is raised, which says that the customer \
                     agrees: {CONSENT_TEXT}"
                );
                Self::invalid_field("consent", sentence)
            }
            TopUpError::NoMethod => {
                let detail = "The payment method of this automatic top-up was forgotten. Nothing was charged; set it up again \
                              with POST /api/payment/auto-top-up.";
                Self::new(ErrorCode::TopUpNeedsMethod, detail)
            }
            TopUpError::Contended => {
                let detail = "The automatic top-up is being changed by others. Nothing was changed by this; try again.";
                Self::new(ErrorCode::StorageUnavailable, detail)
            }
            TopUpError::Gateway(error) => gateway(error),
            TopUpError::Store(error) => error.into(),
        }
        .charged(ChargeState::No)
    }
}

/// Why Stripe opened no page. Nobody can have paid.
fn gateway(error: GatewayError) -> Problem {
    match error {
        GatewayError::Unavailable { retry_after, .. } => {
            let problem = unavailable();
            retry_after.map_or_else(unavailable, |pause| problem.retry_after(pause)).because(error)
        }
        GatewayError::OutcomeUnknown { .. } => unavailable().because(error),
        GatewayError::Refused { .. }
        | GatewayError::NoSuchCustomer { .. }
        | GatewayError::Unauthorized
        | GatewayError::NotOurs => {
            let detail = "Stripe does not take this payment for a reason of the operator's. Nothing was charged; please tell the \
                          operator.";
            Problem::new(ErrorCode::PaymentsRejected, detail).because(error)
        }
    }
}

fn unavailable() -> Problem {
    let detail = "Stripe cannot be reached. Nothing was charged; try again in a moment, with the same Idempotency-Key if you use \
                  one.";
    Problem::new(ErrorCode::PaymentsUnavailable, detail)
}

impl From<AssessError> for Problem {
    fn from(error: AssessError) -> Self {
        match error {
            AssessError::Event(EventError::Unreadable(_)) => Self::new(
                ErrorCode::ValidationFailed,
                "This is no event that is understood here. Nothing was done.",
            )
            .because(error),
            AssessError::Event(EventError::Malformed | EventError::Forged | EventError::Stale) => {
                let detail = "This event is not signed by Stripe with a secret of this server's, or not lately. Nothing was done.";
                Self::new(ErrorCode::Forbidden, detail).because(error)
            }
            AssessError::Contradicts(_) => {
                let detail =
                    "This event contradicts what Stripe answers about the payment. Nothing was done.";
                Self::new(ErrorCode::ValidationFailed, detail).because(error)
            }
            AssessError::Gateway(_) => {
                let detail =
                    "Stripe did not answer about the payment. Nothing was done; send the event again.";
                Self::new(ErrorCode::PaymentsUnavailable, detail).because(error)
            }
            AssessError::Store(error) => error.into(),
            AssessError::Notices(error) => error.into(),
        }
    }
}

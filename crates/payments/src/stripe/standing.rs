//! How far a payment is, by what its session and its intent say. Pure.
//!
//! Invariant: money counts as received only where the intent says that it did and how much. A session that calls itself
//! paid while its intent does not contradicts itself and is no report; one that needed no payment brought no money.

use trunkline_domain::Money;

use super::currency::from_stripe;
use super::failure::Failure;
use super::wire::{Intent, IntentStatus, PaymentError, PaymentStatus, Session, SessionStatus};
use crate::Progress;

/// How far a payment is.
pub(super) fn progress(session: Option<&Session>, intent: Option<&Intent>) -> Result<Progress, Failure> {
    match (session, intent) {
        (_, Some(intent)) if intent.status == IntentStatus::Succeeded => received(intent),
        (Some(session), _) if session.payment_status == PaymentStatus::Paid => {
            Err(Failure::unreadable("a session says that it is paid, and its intent does not"))
        }
        (_, Some(intent)) if intent.status == IntentStatus::Processing => Ok(Progress::Processing),
        (Some(session), intent) => of_page(session, intent),
        (None, Some(intent)) => alone(intent),
        (None, None) => Err(Failure::unreadable("a payment has neither session nor intent")),
    }
}

/// What was received, in the currency in which it was.
fn received(intent: &Intent) -> Result<Progress, Failure> {
    let amount = money(intent.amount_received, &intent.currency)?;
    if amount.is_positive() {
        return Ok(Progress::Paid { amount });
    }
    Err(Failure::unreadable("an intent succeeded and received nothing"))
}

/// A payment with a page, that is neither paid nor under way.
fn of_page(session: &Session, intent: Option<&Intent>) -> Result<Progress, Failure> {
    match (session.status, session.payment_status) {
        (Some(SessionStatus::Open), _) => Ok(Progress::Open),
        (Some(SessionStatus::Expired), _) => Ok(Progress::Expired),
        (Some(SessionStatus::Complete), PaymentStatus::NoPaymentRequired) => Ok(Progress::Failed),
        (Some(SessionStatus::Complete), PaymentStatus::Unpaid) => match intent {
            Some(intent) => after_the_page(intent),
            None => Err(Failure::unreadable("a page that is done shows no intent")),
        },
        (Some(SessionStatus::Complete), PaymentStatus::Paid | PaymentStatus::Unknown)
        | (Some(SessionStatus::Unknown) | None, _) => {
            Err(Failure::unreadable("a page has a status that is not known"))
        }
    }
}

/// The customer has done their part, and the money is on its way (a voucher to be paid in a shop still needs "action"), or
/// the bank refused it: Checkout takes no second attempt on a page that is done.
fn after_the_page(intent: &Intent) -> Result<Progress, Failure> {
    match intent.status {
        IntentStatus::RequiresAction
        | IntentStatus::RequiresConfirmation
        | IntentStatus::RequiresCapture
        | IntentStatus::Processing => Ok(Progress::Processing),
        IntentStatus::RequiresPaymentMethod | IntentStatus::Canceled => Ok(Progress::Failed),
        IntentStatus::Succeeded => received(intent),
        IntentStatus::Unknown => Err(unknown_status()),
    }
}

/// An intent without a page. Nobody but the program that made it can try such a one again, so a decline is final.
fn alone(intent: &Intent) -> Result<Progress, Failure> {
    match intent.status {
        IntentStatus::RequiresPaymentMethod if intent.last_payment_error.is_some() => Ok(Progress::Failed),
        IntentStatus::RequiresPaymentMethod
        | IntentStatus::RequiresConfirmation
        | IntentStatus::RequiresAction => Ok(Progress::Open),
        IntentStatus::RequiresCapture | IntentStatus::Processing => Ok(Progress::Processing),
        IntentStatus::Canceled => Ok(Progress::Failed),
        IntentStatus::Succeeded => received(intent),
        IntentStatus::Unknown => Err(unknown_status()),
    }
}

fn unknown_status() -> Failure {
    Failure::unreadable("an intent has a status that is not known")
}

/// How much is asked for.
pub(super) fn asked(session: Option<&Session>, intent: Option<&Intent>) -> Result<Money, Failure> {
    match (session, intent) {
        (Some(session), _) => match (session.amount_total, &session.currency) {
            (Some(number), Some(currency)) => money(number, currency),
            (Some(_) | None, _) => Err(Failure::unreadable("a page asks for no amount")),
        },
        (None, Some(intent)) => money(intent.amount, &intent.currency),
        (None, None) => Err(Failure::unreadable("a payment has neither session nor intent")),
    }
}

/// Why the last attempt was declined.
pub(super) fn decline(intent: Option<&Intent>) -> Option<String> {
    intent?.last_payment_error.as_ref().map(|error| {
        let PaymentError { code, decline_code } = error;
        word(decline_code.as_deref().or(code.as_deref()))
    })
}

/// A reason as one plain word of Stripe's, whatever came.
pub(super) fn word(reason: Option<&str>) -> String {
    let plain = |text: &&str| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    reason.filter(plain).unwrap_or("declined").to_owned()
}

/// An amount of Stripe's.
pub(super) fn money(number: i64, currency: &str) -> Result<Money, Failure> {
    from_stripe(number, currency)
        .ok_or_else(|| Failure::unreadable("an amount is too large, or in a currency that is not known"))
}

#[cfg(test)]
#[path = "standing_tests.rs"]
mod tests;

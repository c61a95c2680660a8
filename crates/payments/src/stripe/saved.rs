//! Saved payment methods: to whom they belong, charging one while its owner is away, forgetting one.

use trunkline_domain::UserId;

use super::checkout::{chargeable, field, lower_case};
use super::classification::Meaning;
use super::failure::{Decline, Failure};
use super::transport::{Call, Parameter, Transport};
use super::wire::{Customer, Intent, IntentStatus, Method};
use super::{mark, payments, standing};
use crate::{CustomerId, GatewayError, IntentId, MethodId, PaymentReport, Progress, SavedCharge};

/// What an intent wants that nobody is there to do.
const AUTHENTICATION_REQUIRED: &str = "authentication_required";

/// Makes the customer.
pub(super) async fn make_customer(
    transport: &Transport,
    user: &UserId,
    email: Option<String>,
    instead_of: Option<&CustomerId>,
) -> Result<CustomerId, Failure> {
    let deployment = &transport.config().deployment;
    let key = mark::customer_key(deployment, user, email.as_deref(), instead_of);
    let mut form: Vec<Parameter> = mark::of_customer(deployment, user).into();
    form.extend(email.map(|email| field("email", email)));
    let customer: Customer =
        transport.send(&Call::write("make_customer", "customers", form, Some(key))).await?;
    Ok(customer.id)
}

/// Charges a method ("Create a `PaymentIntent`", "Charge a saved payment method"). The report is as of the charge: under a
/// key that was used Stripe repeats its first answer, so what was taken back since is not in it.
pub(super) async fn charge(
    transport: &Transport,
    charge: &SavedCharge,
) -> Result<PaymentReport, GatewayError> {
    let form = form(&transport.config().deployment, charge)?;
    let key = mark::charge_key(charge.payment);
    let call = Call::write("charge_saved", "payment_intents", form, Some(key));
    let (intent, reason) = match transport.send::<Intent>(&call).await {
        Ok(intent) => (intent, None),
        Err(failure) => declined(failure)?,
    };
    Ok(settled(transport, intent, reason).await?)
}

fn form(deployment: &str, charge: &SavedCharge) -> Result<Vec<Parameter>, GatewayError> {
    let mut form = vec![
        field("amount", chargeable(charge.amount)?.to_string()),
        field("currency", lower_case(charge.amount.currency())),
        field("customer", charge.customer.as_str()),
        field("payment_method", charge.method.as_str()),
        field("off_session", "true"),
        field("confirm", "true"),
        // Without this Stripe wants an address to lead the customer back to, and there is no customer.
        field("automatic_payment_methods[enabled]", "true"),
        field("automatic_payment_methods[allow_redirects]", "never"),
        field("description", charge.description.as_str()),
    ];
    form.extend(mark::of_payment("metadata", deployment, charge.payment, &charge.user));
    Ok(form)
}

/// The intent that was declined and why, or the failure if it is none. A decline that shows no intent made none, and is a
/// refusal.
fn declined(failure: Failure) -> Result<(Intent, Option<String>), GatewayError> {
    if failure.meaning() != Meaning::Declined || !failure.shows_an_intent() {
        return Err(failure.into());
    }
    let Decline { reason, intent } = failure.into_decline();
    let intent = intent
        .map(serde_json::from_value)
        .and_then(Result::ok)
        .ok_or_else(|| Failure::unreadable("a declined intent cannot be read"))?;
    Ok((intent, Some(standing::word(reason.as_deref()))))
}

/// Ends a charge that waits for somebody: for its owner, for a method, or for being confirmed at all.
pub(super) async fn end(transport: &Transport, intent: &IntentId) -> Result<PaymentReport, GatewayError> {
    match payments::intent(transport, intent).await? {
        Some(intent) => Ok(settled(transport, intent, None).await?),
        None => Err(Failure::unreadable("a charge that was there is not there any more").into()),
    }
}

/// An intent that waits for somebody is cancelled, so that it cannot be paid when everybody takes it for failed. What its
/// card refused needs no such thing: nobody but this program can try it again. Only what a card has said is a decline, and
/// that it wants its owner is one.
async fn settled(
    transport: &Transport,
    intent: Intent,
    reason: Option<String>,
) -> Result<PaymentReport, Failure> {
    let reason = reason.or_else(|| standing::decline(Some(&intent)));
    let (intent, reason) = match (intent.status, reason) {
        (IntentStatus::RequiresAction, reason) => {
            let intent = cancelled(transport, &intent).await.map_err(Failure::after_a_change)?;
            (intent, Some(reason.unwrap_or_else(|| AUTHENTICATION_REQUIRED.to_owned())))
        }
        (IntentStatus::RequiresConfirmation, reason)
        | (IntentStatus::RequiresPaymentMethod, reason @ None) => {
            (cancelled(transport, &intent).await.map_err(Failure::after_a_change)?, reason)
        }
        (
            IntentStatus::RequiresPaymentMethod
            | IntentStatus::RequiresCapture
            | IntentStatus::Processing
            | IntentStatus::Canceled
            | IntentStatus::Succeeded
            | IntentStatus::Unknown,
            reason,
        ) => (intent, reason),
    };
    let mut report = payments::without_takings(None, Some(&intent))?;
    match (report.progress, intent.status) {
        (Progress::Open, IntentStatus::RequiresPaymentMethod) if reason.is_some() => {
            report.progress = Progress::Failed;
            report.decline = reason;
        }
        (Progress::Failed | Progress::Expired, _) => {
            report.progress = Progress::Failed;
            report.decline = reason.or(report.decline);
        }
        (Progress::Open, _) => {
            return Err(Failure::unreadable("a charge was made and can still be paid by its owner"));
        }
        (Progress::Processing | Progress::Paid { .. }, _) => report.decline = None,
    }
    Ok(report)
}

/// Cancels an intent and says how it stands then; twice is as good as once, so under no key. One that cannot be cancelled
/// any more was settled in between.
async fn cancelled(transport: &Transport, intent: &Intent) -> Result<Intent, Failure> {
    let path = format!("payment_intents/{}/cancel", intent.id);
    match transport.send(&Call::write("cancel_intent", path, Vec::new(), None)).await {
        Ok(cancelled) => Ok(cancelled),
        Err(failure) if failure.meaning() == Meaning::Refused => {
            payments::intent(transport, &intent.id).await?.ok_or(failure)
        }
        Err(failure) => Err(failure),
    }
}

/// Forgets a method ("Detach a `PaymentMethod`"); twice is as good as once, so under no key. Stripe refuses to detach what
/// is detached, in words that are no interface, so the method itself is looked at then.
pub(super) async fn forget(transport: &Transport, method: &MethodId) -> Result<(), Failure> {
    let path = format!("payment_methods/{method}/detach");
    let refusal = match transport.send::<Method>(&Call::write("forget_method", path, Vec::new(), None)).await
    {
        Ok(_) => return Ok(()),
        Err(failure) if failure.meaning() == Meaning::NotFound => return Ok(()),
        Err(failure) if failure.meaning() == Meaning::Refused => failure,
        Err(failure) => return Err(failure),
    };
    let call = Call::read("method", format!("payment_methods/{method}"), Vec::new());
    match transport.find::<Method>(&call).await? {
        Some(method) if method.customer.is_some() => Err(refusal),
        Some(_) | None => Ok(()),
    }
}

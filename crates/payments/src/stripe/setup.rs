//! Pages on which a customer saves a payment method and agrees to its use ("Set up future payments"), and what came of
//! them.
//!
//! Cards alone are offered, with the wallets that hold them: they can be charged while their owner is away and without
//! leading anybody to another page.

use super::checkout::{field, lower_case, opened, until};
use super::failure::Failure;
use super::mark;
use super::transport::{Call, Parameter, Transport};
use super::wire::{
    Expandable, Method, Mode, OpenedSession, Session, SessionStatus, SetupIntent, SetupStatus,
};
use crate::{GatewayError, OpenedPage, SessionId, SetupProgress, SetupReport, SetupRequest};

/// Opens the page.
pub(super) async fn open(transport: &Transport, setup: &SetupRequest) -> Result<OpenedPage, GatewayError> {
    let form = form(&transport.config().deployment, setup);
    let call = Call::write("open_setup", "checkout/sessions", form, Some(mark::setup_key(setup.key)));
    opened(transport, &call).await
}

fn form(deployment: &str, setup: &SetupRequest) -> Vec<Parameter> {
    let mut form = vec![
        field("mode", "setup"),
        field("customer", setup.customer.as_str()),
        field("currency", lower_case(setup.currency)),
        field("allowed_payment_method_types[0]", "card"),
    ];
    form.extend(mark::of_setup("metadata", deployment, setup.key, &setup.user));
    form.extend(mark::of_setup("setup_intent_data[metadata]", deployment, setup.key, &setup.user));
    form.extend(until(setup.expires_at, &setup.pages));
    form
}

/// Closes the page ("Expire a Checkout Session"); twice is as good as once, so under no key.
pub(super) async fn expire(transport: &Transport, session: &SessionId) -> Result<(), Failure> {
    let path = format!("checkout/sessions/{session}/expire");
    let _: OpenedSession = transport.send(&Call::write("expire_setup", path, Vec::new(), None)).await?;
    Ok(())
}

/// What became of the page; `None` where there is no such page, or it is one of another kind.
pub(super) async fn read(transport: &Transport, session: &SessionId) -> Result<Option<SetupReport>, Failure> {
    let path = format!("checkout/sessions/{session}");
    let expand = vec![field("expand[]", "setup_intent.payment_method")];
    let session: Option<Session> = transport.find(&Call::read("setup", path, expand)).await?;
    let Some(session) = session.filter(|session| session.mode == Mode::Setup) else { return Ok(None) };
    let key = mark::read_setup(session.metadata.as_ref(), &transport.config().deployment);
    let progress = match session.status {
        Some(SessionStatus::Open) => SetupProgress::Open,
        Some(SessionStatus::Expired) => SetupProgress::Expired,
        Some(SessionStatus::Complete) => match session.setup_intent {
            Some(Expandable::Object(intent)) => completed(intent)?,
            Some(Expandable::Id(_)) | None => {
                return Err(Failure::unreadable("a page that is done shows no setup"));
            }
        },
        Some(SessionStatus::Unknown) | None => {
            return Err(Failure::unreadable("a page for saving a method has a status that is not known"));
        }
    };
    Ok(Some(SetupReport { key, progress }))
}

/// A page that is done, whose setup may still wait for the bank, or have come to nothing: the page cannot be used again.
fn completed(intent: SetupIntent) -> Result<SetupProgress, Failure> {
    match (intent.status, intent.payment_method) {
        (SetupStatus::Succeeded, Some(Expandable::Object(method))) => {
            Ok(SetupProgress::Saved { label: label(&method), method: method.id })
        }
        (SetupStatus::Succeeded, Some(Expandable::Id(_)) | None) => {
            Err(Failure::unreadable("a setup that succeeded shows no method"))
        }
        (SetupStatus::RequiresAction | SetupStatus::RequiresConfirmation | SetupStatus::Processing, _) => {
            Ok(SetupProgress::Open)
        }
        (SetupStatus::RequiresPaymentMethod | SetupStatus::Canceled, _) => Ok(SetupProgress::Expired),
        (SetupStatus::Unknown, _) => Err(Failure::unreadable("a setup has a status that is not known")),
    }
}

/// What people know a method by.
fn label(method: &Method) -> String {
    match &method.card {
        Some(card) => format!("{} •••• {}", card.brand, card.last4),
        None => method.kind.replace('_', " "),
    }
}

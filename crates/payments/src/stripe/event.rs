//! Reading an event ("The Event object") whose signature was found good: what it is about, and what it claims.
//!
//! Its form is that of the endpoint's API version, which may be older than the one that requests are pinned to: only ids,
//! metadata and amounts are read, which all versions have alike. A thin event (`v2.core.event`) has no object in it, is
//! sent only to who asks for such, and is about nothing of ours.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::currency::from_stripe;
use super::mark;
use super::wire::{Expandable, Metadata, Mode, place_of};
use crate::{EventClaims, EventError, EventSubject, GatewayEvent, IntentId, PaymentRef, SessionId};

#[derive(Deserialize)]
struct Envelope {
    id: String,
    object: String,
    #[serde(rename = "type")]
    kind: String,
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    object: Value,
}

#[derive(Deserialize)]
struct EventSession {
    id: SessionId,
    mode: Mode,
    amount_total: Option<i64>,
    currency: Option<String>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct EventIntent {
    id: IntentId,
    amount: i64,
    currency: String,
    metadata: Option<Metadata>,
}

/// A charge, a refund or a dispute.
#[derive(Deserialize)]
struct OfIntent {
    payment_intent: Option<Expandable<HasId>>,
}

#[derive(Deserialize)]
struct HasId {
    id: String,
}

/// Reads an event.
pub(super) fn read(body: &[u8]) -> Result<GatewayEvent, EventError> {
    let Envelope { id, object, kind, data } =
        serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    let (subject, claims) = match (object.as_str(), data) {
        ("event", Some(data)) => of(&kind, data.object)?,
        ("v2.core.event", _) => other(),
        _ => return Err(EventError::Unreadable("it is no event with an object in it".to_owned())),
    };
    Ok(GatewayEvent { id, kind, subject, claims })
}

fn of(kind: &str, object: Value) -> Result<(EventSubject, EventClaims), EventError> {
    match kind.split_once('.') {
        Some(("checkout", rest)) if rest.starts_with("session.") => Ok(of_session(typed(object)?)),
        Some(("payment_intent", _)) => Ok(of_intent(typed(object)?)),
        Some(("charge" | "refund", _)) => of_taking(typed(object)?),
        Some(_) | None => Ok(other()),
    }
}

fn of_session(session: EventSession) -> (EventSubject, EventClaims) {
    let EventSession { id, mode, amount_total, currency, metadata } = session;
    let mut claims = mark::claims(metadata.as_ref());
    match mode {
        Mode::Payment => {
            let amount = amount_total.zip(currency.as_deref());
            claims.asked = amount.and_then(|(number, currency)| from_stripe(number, currency));
            (EventSubject::Payment(PaymentRef::Session(id)), claims)
        }
        Mode::Setup => (EventSubject::Setup(id), claims),
        Mode::Other => other(),
    }
}

fn of_intent(intent: EventIntent) -> (EventSubject, EventClaims) {
    let EventIntent { id, amount, currency, metadata } = intent;
    let mut claims = mark::claims(metadata.as_ref());
    claims.asked = from_stripe(amount, &currency);
    (EventSubject::Payment(PaymentRef::Intent(id)), claims)
}

/// One without an intent was not made by us.
fn of_taking(taking: OfIntent) -> Result<(EventSubject, EventClaims), EventError> {
    let Some(Expandable::Id(id) | Expandable::Object(HasId { id })) = taking.payment_intent else {
        return Ok(other());
    };
    let id = id.parse().map_err(|_| EventError::Unreadable("it names an intent by no id".to_owned()))?;
    Ok((EventSubject::Payment(PaymentRef::Intent(id)), EventClaims::default()))
}

fn other() -> (EventSubject, EventClaims) {
    (EventSubject::Other, EventClaims::default())
}

fn typed<T: DeserializeOwned>(object: Value) -> Result<T, EventError> {
    serde_json::from_value(object).map_err(|_| {
        EventError::Unreadable("its object lacks what is read of it, or has it in another form".to_owned())
    })
}

fn unreadable(error: &serde_json::Error) -> EventError {
    EventError::Unreadable(place_of(error))
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;

//! Ids, cursors, names and secrets as they stand in paths, queries, headers and bodies: what is accepted prints a text
//! that is accepted as the same, and a refusal does not repeat what it refuses at length.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use trunkline_domain::{
    AccountSid, AddressSid, ApiKeyId, BundleSid, BusinessId, Country, Currency, DisplayName, Fingerprint,
    NumberId, NumberSid, NumberType, OrderId, Reason, RequestKey, RequestOperation, TransferId, UserId,
};
use trunkline_provisioning::port::NumberName;
use trunkline_tenancy::{
    ActionName, ApiKeySecret, AuditPlace, BusinessName, Email, KeyHash, KeyScopes, TimeZone,
};

/// The longest refusal, in bytes: it ends up in answers and logs.
const REFUSAL_MAX: usize = 400;

/// The input is read as everything that has a name.
pub(crate) fn run(input: &[u8]) {
    let text = &*String::from_utf8_lossy(input);
    ids(text);
    names(text);
    if let Some(secret) = read::<ApiKeySecret>(text) {
        assert_eq!(secret.expose(), text);
        assert!(text.len() == 46 && text.is_ascii(), "{text:?} is no secret");
        assert!(!format!("{secret:?}").contains(&text[3..]), "a secret is printed");
        assert_eq!(secret.hash().to_string().parse(), Ok(secret.hash()));
    }
    let user: UserId = "ann".parse().expect("a user's id");
    if let Ok(key) = RequestKey::new(user, RequestOperation::Purchase, text, Fingerprint::of(&[text])) {
        assert!(key.key() == text && text.bytes().all(|b| b.is_ascii_graphic()));
    }
}

fn ids(text: &str) {
    printed::<UserId>(text, UserId::as_str);
    printed::<AccountSid>(text, AccountSid::as_str);
    printed::<NumberSid>(text, NumberSid::as_str);
    printed::<AddressSid>(text, AddressSid::as_str);
    printed::<BundleSid>(text, BundleSid::as_str);
    again::<ApiKeyId>(text);
    again::<BusinessId>(text);
    again::<NumberId>(text);
    again::<OrderId>(text);
    again::<TransferId>(text);
    if let Some(place) = again::<AuditPlace>(text) {
        assert!(place.as_i64() > 0, "the trail has no place {place}");
    }
    read::<NumberName>(text);
}

fn names(text: &str) {
    again::<Country>(text);
    again::<Currency>(text);
    again::<NumberType>(text);
    again::<KeyHash>(text);
    again::<KeyScopes>(text);
    printed::<ActionName>(text, ActionName::as_str);
    if let Some(zone) = read::<TimeZone>(text) {
        assert_eq!(zone.name().parse(), Ok(zone));
    }
    if let Some(email) = read::<Email>(text) {
        assert_eq!(email.as_str().parse(), Ok(email));
    }
    if let Some(name) = read::<BusinessName>(text) {
        assert_eq!(name.as_str().parse(), Ok(name));
    }
    if let Some(name) = read::<DisplayName>(text) {
        assert_eq!(name.as_str().parse(), Ok(name));
    }
    if let Some(reason) = read::<Reason>(text) {
        assert_eq!(reason.as_str().parse(), Ok(reason));
    }
}

/// Reads a text; a refusal is short.
fn read<T: FromStr<Err: Display>>(text: &str) -> Option<T> {
    let refusal = match text.parse() {
        Ok(value) => return Some(value),
        Err(refusal) => format!("{refusal}"),
    };
    assert!(!refusal.is_empty() && refusal.len() <= REFUSAL_MAX, "refused with {refusal:?}");
    None
}

/// What prints as it is read again.
fn again<T: FromStr<Err: Display> + Display + PartialEq + Debug>(text: &str) -> Option<T> {
    let value = read::<T>(text)?;
    let printed = value.to_string();
    assert_eq!(read::<T>(&printed).as_ref(), Some(&value), "{text:?} prints {printed:?}");
    Some(value)
}

/// What prints the very text that it was read from.
fn printed<T: FromStr<Err: Display>>(text: &str, as_str: impl Fn(&T) -> &str) {
    if let Some(value) = read::<T>(text) {
        assert_eq!(as_str(&value), text);
    }
}

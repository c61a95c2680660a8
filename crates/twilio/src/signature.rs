//! Twilio's webhook signatures (Twilio's page "Webhooks security").
//!
//! Twilio signs the URL as it is configured, followed by the form parameters sorted by name, with HMAC-SHA1 under
//! the auth token of the account that owns the number. Nothing in it is bound to time: an old request verifies again.
//!
//! Invariant: form parameters are always part of what is verified. The other mode, in which the body is covered by a
//! `bodySHA256` in the URL, is chosen by the caller's own content type and never by the request's URL.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::form_urlencoded;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "X-Twilio-Signature";

/// What a signature covers beside the URL.
#[derive(Debug, Clone, Copy)]
pub enum SignedBody<'a> {
    /// The decoded fields of a form; empty for a GET, whose parameters stand in the URL.
    Form(&'a [(String, String)]),
    /// Any other body, byte for byte as it came; the URL must carry its `bodySHA256`.
    Raw(&'a [u8]),
}

/// Whether `signature` is Twilio's for this request under one of the tokens (two while a token is being changed).
///
/// `url` is the public one, as configured on the number. A fragment and credentials in it are left out, and the port
/// may be missing or standard on either side, as Twilio's own libraries allow.
pub fn verify_signature(
    auth_tokens: &[SecretString],
    url: &str,
    body: SignedBody<'_>,
    signature: &str,
) -> bool {
    let Ok(signature) = STANDARD.decode(signature) else { return false };
    let parameters = match body {
        SignedBody::Form(fields) => signed_fields(fields),
        SignedBody::Raw(bytes) if carries_hash_of(url, bytes) => String::new(),
        SignedBody::Raw(_) => return false,
    };
    let mut verified = false;
    for url in url_variants(url) {
        for token in auth_tokens {
            verified |= mac(token, &url, &parameters).is_some_and(|mac| mac.verify_slice(&signature).is_ok());
        }
    }
    verified
}

/// The signature that Twilio would send, for tests of a host's own webhooks.
pub fn sign(auth_token: &SecretString, url: &str, body: SignedBody<'_>) -> String {
    let parameters = match body {
        SignedBody::Form(fields) => signed_fields(fields),
        SignedBody::Raw(_) => String::new(),
    };
    let bytes = mac(auth_token, &bare(url), &parameters).map(|mac| mac.finalize().into_bytes());
    bytes.map(|bytes| STANDARD.encode(bytes)).unwrap_or_default()
}

/// `None` never happens: HMAC takes a key of any length.
fn mac(token: &SecretString, url: &str, parameters: &str) -> Option<Hmac<Sha1>> {
    let mut mac = Hmac::<Sha1>::new_from_slice(token.expose_secret().as_bytes()).ok()?;
    mac.update(url.as_bytes());
    mac.update(parameters.as_bytes());
    Some(mac)
}

/// Names in byte order, each with its value, nothing between. A name that repeats has the *set* of its values, in
/// order: equal ones once.
fn signed_fields(fields: &[(String, String)]) -> String {
    let mut sorted: Vec<&(String, String)> = fields.iter().collect();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.into_iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]).collect()
}

/// Whether the URL's `bodySHA256` is the hash of the body.
fn carries_hash_of(url: &str, body: &[u8]) -> bool {
    let query = bare(url).split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default();
    let claimed = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "bodySHA256");
    let Some(claimed) = claimed.and_then(|(_, value)| hex::decode(value.as_bytes()).ok()) else {
        return false;
    };
    Sha256::digest(body).as_slice().ct_eq(&claimed).into()
}

/// The URL without fragment and credentials, both of which Twilio keeps to itself.
fn bare(url: &str) -> String {
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    let Parts { scheme, authority, rest } = Parts::of(url);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}{host}{rest}")
}

/// The URL as given, and without its port or with its scheme's own: Twilio's documentation and its products differ
/// on which of them is signed.
fn url_variants(url: &str) -> Vec<String> {
    let bare = bare(url);
    let Parts { scheme, authority, rest } = Parts::of(&bare);
    let port = match scheme {
        "https://" | "wss://" => "443",
        _ => "80",
    };
    // The colons of an IPv6 address stand before its closing bracket.
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => Some(host),
        Some(_) | None => None,
    };
    let other = match host {
        Some(host) => format!("{scheme}{host}{rest}"),
        None => format!("{scheme}{authority}:{port}{rest}"),
    };
    vec![bare, other]
}

/// A URL cut where it must be; nothing of it is normalised, as the signature is over its very bytes.
struct Parts<'u> {
    scheme: &'u str,
    authority: &'u str,
    rest: &'u str,
}

impl<'u> Parts<'u> {
    fn of(url: &'u str) -> Self {
        let (scheme, rest) = url.find("://").map_or(("", url), |at| url.split_at(at + 3));
        let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        Self { scheme, authority, rest }
    }
}

#[cfg(test)]
#[path = "signature_tests.rs"]
mod tests;

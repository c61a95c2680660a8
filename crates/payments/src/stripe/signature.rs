//! The signatures of Stripe's webhooks (Stripe's page "Webhook signatures").
//!
//! The header is `t=…,v1=…,v1=…,v0=…`: when it was signed, and a signature for each secret that is valid then. A `v1`
//! signature is HMAC-SHA256 over the time, a dot and the body's very bytes, under a secret of the endpoint.
//!
//! Invariant: nothing of the body is read before a signature fits and its time is near ours.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::EventError;

/// The header that carries the signature.
pub const STRIPE_SIGNATURE_HEADER: &str = "Stripe-Signature";

/// How far a signature's time may be from ours in either direction, in seconds: what Stripe's libraries allow, which look
/// at the past alone.
const TOLERANCE: u64 = 300;
/// Stripe sends two or three signatures of 64 digits.
const HEADER_MAX_BYTES: usize = 4096;
const SIGNATURE_BYTES: usize = 32;

/// A header that has its form.
#[derive(Debug, PartialEq, Eq)]
struct Header<'h> {
    /// As it was sent, as that is what was signed.
    time: &'h str,
    seconds: i64,
    signatures: Vec<[u8; SIGNATURE_BYTES]>,
}

/// Whether a body is Stripe's, by one of the secrets. An empty secret is none: anybody could sign with it.
pub(super) fn verify(
    secrets: &[SecretString],
    body: &[u8],
    header: &str,
    now: DateTime<Utc>,
) -> Result<(), EventError> {
    let header = Header::read(header).ok_or(EventError::Malformed)?;
    let mut fits = false;
    for secret in secrets.iter().filter(|secret| !secret.expose_secret().is_empty()) {
        let Some(mac) = mac(secret, header.time, body) else { continue };
        for signature in &header.signatures {
            fits |= mac.clone().verify_slice(signature).is_ok();
        }
    }
    if !fits {
        return Err(EventError::Forged);
    }
    if now.timestamp().abs_diff(header.seconds) > TOLERANCE {
        return Err(EventError::Stale);
    }
    Ok(())
}

/// `None` never happens: HMAC takes a key of any length.
fn mac(secret: &SecretString, time: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac)
}

impl<'h> Header<'h> {
    /// `None` where there is no time or no signature of the known scheme. Other schemes, and signatures that are none,
    /// are passed over.
    fn read(text: &'h str) -> Option<Self> {
        if text.len() > HEADER_MAX_BYTES {
            return None;
        }
        let mut time = None;
        let mut signatures = Vec::new();
        for (scheme, value) in text.split(',').filter_map(|item| item.trim().split_once('=')) {
            match scheme {
                "t" if time.is_none() => time = Some(value),
                "v1" => {
                    let mut signature = [0; SIGNATURE_BYTES];
                    if hex::decode_to_slice(value, &mut signature).is_ok() {
                        signatures.push(signature);
                    }
                }
                _ => {}
            }
        }
        let time = time.filter(|time| time.bytes().all(|b| b.is_ascii_digit()))?;
        let seconds = time.parse().ok()?;
        (!signatures.is_empty()).then_some(Self { time, seconds, signatures })
    }
}

#[cfg(test)]
#[path = "signature_tests.rs"]
mod tests;

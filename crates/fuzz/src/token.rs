//! Users' tokens: nothing is accepted that was not signed with the issuer's secret, and of what was, only what claims
//! the right things.

use std::sync::Arc;

use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::Value;
use trunkline_domain::{SystemClock, UserId};
use trunkline_identity::{JwtVerifier, KeySource, TokenSettings};
use trunkline_tenancy::TokenVerifier;

pub(crate) const ISSUER: &str = "https://id.example.com/";
pub(crate) const AUDIENCE: &str = "numbers";
const SECRET: &str = "a secret of at least thirty-two characters";

/// The input is a token; or the texts of its header and claims in a line each, which are then signed.
pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    thread_local! {
        static VERIFIER: JwtVerifier = verifier();
    }
    VERIFIER.with(|verifier| match text.split_once('\n') {
        None => {
            if let Some(user) = accepted(verifier, &text) {
                let (message, signature) = text.rsplit_once('.').expect("a token has a signature");
                assert_eq!(signed(message, SECRET), signature, "{user} came with a forged token");
            }
        }
        Some((header, claims)) => {
            let message = format!("{}.{}", base64url(header), base64url(claims));
            if let Some(user) = accepted(verifier, &format!("{message}.{}", signed(&message, SECRET))) {
                claims_the_right_things(header, claims, &user);
            }
            for forged in [String::new(), "AA".to_owned(), signed(&message, "another secret")] {
                let token = format!("{message}.{forged}");
                assert_eq!(accepted(verifier, &token), None, "{token} was accepted");
            }
        }
    });
}

fn verifier() -> JwtVerifier {
    let settings = TokenSettings {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        keys: KeySource::Shared(SECRET.into()),
    };
    JwtVerifier::new(settings, Arc::new(SystemClock)).expect("a verifier that asks nobody")
}

fn accepted(verifier: &JwtVerifier, token: &str) -> Option<UserId> {
    // A shared secret is at hand: nothing is waited for.
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(verifier.verify(token)).ok()
}

fn signed(message: &str, secret: &str) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    crypto::sign(message.as_bytes(), &key, Algorithm::HS256).expect("a secret signs anything")
}

/// Base64url without padding.
fn base64url(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut encoded = String::new();
    for three in text.as_bytes().chunks(3) {
        let bits = three.iter().fold(0_usize, |bits, byte| (bits << 8) | usize::from(*byte))
            << (8 * (3 - three.len()));
        for place in 0..=three.len() {
            encoded.push(char::from(ALPHABET[(bits >> (18 - 6 * place)) & 63]));
        }
    }
    encoded
}

fn claims_the_right_things(header: &str, claims: &str, user: &UserId) {
    // Readers that skip what they do not need read texts that this one does not, such as half a character.
    let (Ok(header), Ok(claims)) =
        (serde_json::from_str::<Value>(header), serde_json::from_str::<Value>(claims))
    else {
        return;
    };
    assert_eq!(header["alg"], "HS256", "another algorithm than the settings say");
    assert!(header["crit"].is_null(), "extensions that nobody here knows");
    let is_or_has = |claim: &Value, wanted: &str| {
        claim == wanted || claim.as_array().is_some_and(|list| list.iter().any(|one| one == wanted))
    };
    assert!(is_or_has(&claims["iss"], ISSUER), "another issuer: {claims}");
    assert!(is_or_has(&claims["aud"], AUDIENCE), "another audience: {claims}");
    assert_eq!(claims["sub"], user.as_str(), "another user: {claims}");
    // The year 2001: long past for any clock, and a number however it is written.
    assert!(claims["exp"].as_f64().is_some_and(|end| end > 1_000_000_000.0), "no end, or past it: {claims}");
}

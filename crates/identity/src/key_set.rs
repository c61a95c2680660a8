//! A JSON Web Key Set (RFC 7517), as far as it proves tokens: keys for ES256 and RS256 that have a name.
//!
//! Providers publish other keys beside them, for encryption or for algorithms that we do not accept; one that cannot be
//! read does not spoil the others.

use std::collections::HashMap;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// A key that proves tokens, and the one algorithm that it is for.
#[derive(Clone)]
pub(crate) struct ProvingKey {
    pub(crate) algorithm: Algorithm,
    pub(crate) key: DecodingKey,
}

/// The keys that prove tokens, by their names.
pub(crate) struct KeySet(HashMap<String, ProvingKey>);

/// An answer that holds no key for us.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeySetError {
    #[error("the answer is no JSON Web Key Set")]
    NotASet(#[source] serde_json::Error),
    #[error("the key set has no key for ES256 or RS256 with a kid")]
    NoKey,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    pub(crate) fn read(json: &[u8]) -> Result<Self, KeySetError> {
        let document: Document = serde_json::from_slice(json).map_err(KeySetError::NotASet)?;
        let jwks = document.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        let keys: HashMap<_, _> = jwks.filter_map(|jwk| proving(&jwk)).collect();
        if keys.is_empty() { Err(KeySetError::NoKey) } else { Ok(Self(keys)) }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn get(&self, kid: &str) -> Option<&ProvingKey> {
        self.0.get(kid)
    }
}

/// The algorithm comes from what the key is; where the key names one as well, they must agree.
fn proving(jwk: &Jwk) -> Option<(String, ProvingKey)> {
    let (algorithm, named) = match &jwk.algorithm {
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
        _ => return None,
    };
    let is_for_signing =
        jwk.common.public_key_use.as_ref().is_none_or(|r#use| *r#use == PublicKeyUse::Signature);
    let agrees = jwk.common.key_algorithm.is_none_or(|algorithm| algorithm == named);
    let kid = jwk.common.key_id.clone().filter(|_| is_for_signing && agrees)?;
    let key = DecodingKey::from_jwk(jwk).ok()?;
    Some((kid, ProvingKey { algorithm, key }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EC: &str = r#""kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0""#;

    fn read(keys: &str) -> Result<KeySet, KeySetError> {
        KeySet::read(format!(r#"{{"keys":[{keys}]}}"#).as_bytes())
    }

    #[test]
    fn only_named_keys_for_signing_count() {
        assert_eq!(
            read(&format!(r#"{{{EC},"kid":"a"}}"#)).unwrap().get("a").unwrap().algorithm,
            Algorithm::ES256
        );
        assert!(read(&format!(r#"{{{EC},"kid":"a","use":"sig","alg":"ES256"}}"#)).is_ok());
        for other in [r#""use":"sig""#, r#""kid":"a","use":"enc""#, r#""kid":"a","alg":"ES384""#] {
            assert!(read(&format!("{{{EC},{other}}}")).is_err(), "{other}");
        }
    }

    #[test]
    fn a_secret_or_a_curiosity_in_a_set_is_no_key_of_ours() {
        let secret = r#"{"kty":"oct","k":"c2VjcmV0","kid":"a","alg":"HS256"}"#;
        let strange = r#"{"kty":"LATTICE","kid":"b","alg":"ML-DSA-65"}"#;
        assert!(read(secret).is_err());
        let set = read(&format!(r#"{secret},{strange},7,{{{EC},"kid":"c"}}"#)).unwrap();
        assert!(set.get("a").is_none() && set.get("b").is_none() && set.get("c").is_some());
        assert!(matches!(KeySet::read(b"<html>"), Err(KeySetError::NotASet(_))));
        assert!(matches!(read(""), Err(KeySetError::NoKey)));
    }
}

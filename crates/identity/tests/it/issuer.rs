//! An identity provider: keys, tokens, and the server that publishes the keys.

use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::{Value, json};
use trunkline_domain::Clock;
use trunkline_identity::{JwtVerifier, KeySource, KeyTimes, TokenSettings};
use trunkline_tenancy::TokenError;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(crate) const ISSUER: &str = "https://id.example.com/";
pub(crate) const AUDIENCE: &str = "numbers";
pub(crate) const SECRET: &str = "a secret of at least thirty-two characters";

/// A private key of the issuer, and its name.
pub(crate) struct Signer {
    pub kid: String,
    pub algorithm: Algorithm,
    pub key: EncodingKey,
}

impl Signer {
    pub(crate) fn ec(kid: &str) -> Self {
        let key = EncodingKey::from_ec_der(&KeyPair::generate().unwrap().serialize_der());
        Self { kid: kid.to_owned(), algorithm: Algorithm::ES256, key }
    }

    pub(crate) fn rsa(kid: &str) -> Self {
        /// What PKCS#8 puts before the key itself, for an RSA key of 2048 bits.
        const WRAPPING: usize = 26;
        let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        let key = EncodingKey::from_rsa_der(&pair.serialize_der()[WRAPPING..]);
        Self { kid: kid.to_owned(), algorithm: Algorithm::RS256, key }
    }

    /// The public half, as the issuer publishes it.
    pub(crate) fn published(&self) -> Value {
        let mut jwk = json!(Jwk::from_encoding_key(&self.key, self.algorithm).unwrap());
        jwk["kid"] = json!(self.kid);
        jwk["use"] = json!("sig");
        jwk
    }

    pub(crate) fn header(&self) -> Header {
        Header { kid: Some(self.kid.clone()), ..Header::new(self.algorithm) }
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        encode(&self.header(), claims, &self.key).unwrap()
    }
}

pub(crate) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

/// What a good token says of Maria.
pub(crate) fn claims() -> Value {
    json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "maria", "iat": now(), "exp": now() + 3600 })
}

/// The good claims, with one of them changed; `null` takes it away.
pub(crate) fn claims_with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    let members = claims.as_object_mut().unwrap();
    if value.is_null() {
        members.remove(name);
    } else {
        members.insert(name.to_owned(), value);
    }
    claims
}

/// A clock that the test moves.
#[derive(Clone)]
pub(crate) struct Hand(Arc<Mutex<DateTime<Utc>>>);

impl Hand {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Utc::now())))
    }

    pub(crate) fn move_on(&self, seconds: i64) {
        *self.0.lock().unwrap() += TimeDelta::seconds(seconds);
    }
}

impl Clock for Hand {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// The server that publishes keys, and a verifier that asks it.
pub(crate) struct Place {
    pub server: MockServer,
    pub clock: Hand,
    pub verifier: Arc<JwtVerifier>,
}

impl Place {
    pub(crate) async fn publishing(signers: &[&Signer]) -> Self {
        let server = MockServer::start().await;
        let url = format!("{}/keys", server.uri());
        let (clock, verifier) = verifier(&url, KeyTimes::default());
        let place = Self { server, clock, verifier };
        place.answers(ResponseTemplate::new(200).set_body_json(set(signers))).await;
        place
    }

    /// From now on the server answers this alone.
    pub(crate) async fn answers(&self, response: ResponseTemplate) {
        self.server.reset().await;
        Mock::given(method("GET")).and(path("/keys")).respond_with(response).mount(&self.server).await;
    }

    pub(crate) async fn publishes(&self, signers: &[&Signer]) {
        self.answers(ResponseTemplate::new(200).set_body_json(set(signers))).await;
    }

    /// How often it was asked since it was last told what to answer.
    pub(crate) async fn asked(&self) -> usize {
        self.server.received_requests().await.unwrap().len()
    }
}

pub(crate) fn set(signers: &[&Signer]) -> Value {
    json!({ "keys": signers.iter().map(|signer| signer.published()).collect::<Vec<_>>() })
}

pub(crate) fn verifier(url: &str, times: KeyTimes) -> (Hand, Arc<JwtVerifier>) {
    let clock = Hand::new();
    let settings = TokenSettings {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        keys: KeySource::Published(url.parse().unwrap()),
    };
    let verifier = JwtVerifier::with_times(settings, Arc::new(clock.clone()), times).unwrap();
    (clock, Arc::new(verifier))
}

pub(crate) fn shared() -> JwtVerifier {
    let settings = TokenSettings {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        keys: KeySource::Shared(SECRET.to_owned().into()),
    };
    JwtVerifier::new(settings, Arc::new(Hand::new())).unwrap()
}

/// The reason of a refusal; anything else fails the test.
pub(crate) fn reason(answer: Result<trunkline_domain::UserId, TokenError>) -> String {
    match answer {
        Err(TokenError::Refused(reason)) => reason,
        other => panic!("not refused: {other:?}"),
    }
}

pub(crate) fn is_unavailable(answer: &Result<trunkline_domain::UserId, TokenError>) -> bool {
    matches!(answer, Err(TokenError::Unavailable(_)))
}

//! Judging a token.

use std::sync::Arc;

use async_trait::async_trait;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use trunkline_domain::{Clock, UserId};
use trunkline_tenancy::{TokenError, TokenVerifier};

use crate::fetch::Fetcher;
use crate::key_set::ProvingKey;
use crate::ring::KeyRing;
use crate::{KeySource, KeyTimes, TokenSettings};

/// The longest token that is looked at, in bytes.
const TOKEN_MAX: usize = 8 * 1024;
/// How far apart the issuer's clock and ours may be, in seconds.
const LEEWAY: u64 = 60;

/// Judges tokens by one issuer's keys.
pub struct JwtVerifier {
    keys: Keys,
    issuer: String,
    audience: String,
}

/// The HTTP client for the issuer's keys could not be built, for want of certificates to trust, say.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be built")]
pub struct ClientError(#[source] pub(crate) reqwest::Error);

enum Keys {
    Published(KeyRing),
    Shared(ProvingKey),
}

/// What we read of a token, when it is proved.
#[derive(Deserialize)]
struct Claims {
    sub: String,
}

impl JwtVerifier {
    /// A verifier with the usual times. It asks for keys when the first token comes.
    pub fn new(settings: TokenSettings, clock: Arc<dyn Clock>) -> Result<Self, ClientError> {
        Self::with_times(settings, clock, KeyTimes::default())
    }

    /// A verifier with times of one's own.
    pub fn with_times(
        settings: TokenSettings,
        clock: Arc<dyn Clock>,
        times: KeyTimes,
    ) -> Result<Self, ClientError> {
        let TokenSettings { issuer, audience, keys } = settings;
        let keys = match keys {
            KeySource::Published(url) => {
                let fetcher = Fetcher::new(url, times.timeout).map_err(ClientError)?;
                Keys::Published(KeyRing::new(fetcher, clock, times))
            }
            KeySource::Shared(secret) => {
                let key = DecodingKey::from_secret(secret.expose_secret().as_bytes());
                Keys::Shared(ProvingKey { algorithm: Algorithm::HS256, key })
            }
        };
        Ok(Self { keys, issuer, audience })
    }

    /// The key that a token must be proved by. The token names it; what it is for, the key says.
    async fn key_for(&self, token: &str) -> Result<ProvingKey, TokenError> {
        let header = decode_header(token).map_err(|error| refused(&error))?;
        if header.crit.is_some() {
            return Err(TokenError::Refused(
                "it asks for extensions (crit) that nobody here knows".to_owned(),
            ));
        }
        let key = match &self.keys {
            Keys::Shared(key) => key.clone(),
            Keys::Published(_) if !matches!(header.alg, Algorithm::ES256 | Algorithm::RS256) => {
                return Err(TokenError::Refused(format!("{:?} is not accepted", header.alg)));
            }
            Keys::Published(ring) => {
                let kid =
                    header.kid.ok_or_else(|| TokenError::Refused("it names no key (kid)".to_owned()))?;
                ring.key(&kid).await?
            }
        };
        if header.alg == key.algorithm {
            Ok(key)
        } else {
            Err(TokenError::Refused(format!("{:?} is not what its key is for", header.alg)))
        }
    }

    /// What a token says, when it is proved: genuine, the issuer's, for this audience, and valid now.
    pub(crate) async fn claims<C: DeserializeOwned>(&self, token: &str) -> Result<C, TokenError> {
        if token.len() > TOKEN_MAX {
            return Err(TokenError::Refused(format!("it is longer than {TOKEN_MAX} bytes")));
        }
        let ProvingKey { algorithm, key } = self.key_for(token).await?;
        let proved = decode::<C>(token, &key, &self.validation(algorithm));
        Ok(proved.map_err(|error| refused(&error))?.claims)
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY;
        validation.validate_exp = true;
        validation.validate_nbf = true;
        validation.validate_aud = true;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
        validation
    }
}

#[async_trait]
impl TokenVerifier for JwtVerifier {
    async fn verify(&self, token: &str) -> Result<UserId, TokenError> {
        let claims: Claims = self.claims(token).await?;
        claims.sub.parse().map_err(|_| TokenError::Refused("its subject is no user's id".to_owned()))
    }
}

fn refused(error: &jsonwebtoken::errors::Error) -> TokenError {
    TokenError::Refused(error.to_string())
}

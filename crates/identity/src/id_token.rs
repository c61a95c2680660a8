//! Id tokens: what an OpenID Connect provider says of somebody who has just signed in there.
//!
//! They are proved as every token is, against the provider's published keys, and besides must be meant for this client and
//! for this very sign-in (OpenID Connect Core 1.0, 3.1.3.7).

use std::sync::Arc;

use serde::Deserialize;
use trunkline_domain::{Clock, UserId};
use trunkline_tenancy::TokenError;
use url::Url;

use crate::{ClientError, JwtVerifier, KeySource, TokenSettings};

/// Judges id tokens of one provider for one client.
pub struct IdTokenVerifier {
    tokens: JwtVerifier,
    client: String,
}

/// Which id tokens are accepted.
#[derive(Debug, Clone)]
pub struct IdTokenSettings {
    /// The `iss` that they must have, to the letter.
    pub issuer: String,
    /// The client that they must be for.
    pub client: String,
    /// Where the provider publishes its keys.
    pub keys: Url,
}

/// Somebody of whom the provider speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenSubject {
    /// Who they are there.
    pub subject: UserId,
    /// Their address, as the provider has it.
    pub email: Option<String>,
    /// Whether the provider has seen that it is theirs.
    pub is_email_verified: bool,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    aud: serde_json::Value,
    azp: Option<String>,
    nonce: Option<String>,
    email: Option<String>,
    email_verified: Option<Verified>,
}

/// Some providers write it as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Verified {
    Said(bool),
    Written(String),
}

impl IdTokenVerifier {
    /// A verifier with the usual times. It asks for keys when the first token comes.
    pub fn new(settings: IdTokenSettings, clock: Arc<dyn Clock>) -> Result<Self, ClientError> {
        let IdTokenSettings { issuer, client, keys } = settings;
        let tokens = TokenSettings { issuer, audience: client.clone(), keys: KeySource::Published(keys) };
        Ok(Self { tokens: JwtVerifier::new(tokens, clock)?, client })
    }

    /// Who it is that the token is about, if it is the answer to the sign-in with this nonce.
    pub async fn verify(&self, token: &str, nonce: &str) -> Result<ProvenSubject, TokenError> {
        let claims: Claims = self.tokens.claims(token).await?;
        if claims.nonce.as_deref() != Some(nonce) {
            return Err(refused("its nonce is not that of this sign-in"));
        }
        let is_for_several = claims.aud.as_array().is_some_and(|several| several.len() > 1);
        match claims.azp.as_deref() {
            Some(party) if party != self.client => {
                return Err(refused("it was issued to another client (azp)"));
            }
            None if is_for_several => {
                return Err(refused("it is for several and does not say to whom it was issued (azp)"));
            }
            Some(_) | None => {}
        }
        let subject = claims.sub.parse().map_err(|_| refused("its subject is no user's id"))?;
        let is_email_verified = claims.email_verified.is_some_and(|verified| match verified {
            Verified::Said(is_so) => is_so,
            Verified::Written(text) => text == "true",
        });
        Ok(ProvenSubject { subject, email: claims.email, is_email_verified })
    }
}

fn refused(reason: &str) -> TokenError {
    TokenError::Refused(reason.to_owned())
}

//! Which tokens are accepted.

use secrecy::SecretString;
use url::Url;

/// Which tokens are accepted.
#[derive(Debug, Clone)]
pub struct TokenSettings {
    /// The `iss` that they must have, to the letter.
    pub issuer: String,
    /// The `aud` that they must have, or have among others.
    pub audience: String,
    /// What proves that they are the issuer's.
    pub keys: KeySource,
}

/// What proves that a token is its issuer's. One of these, so a token never chooses how it is checked.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// A key of the JSON Web Key Set at this address, for ES256 or RS256.
    Published(Url),
    /// A secret that the issuer and we share, for HS256.
    Shared(SecretString),
}

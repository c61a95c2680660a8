//! API keys: how callers prove who they are.
//!
//! A key's secret is `tl_` and 43 characters of unpadded base64url: 256 random bits. Whoever makes the key sees it
//! once; only its SHA-256 is stored. A fast hash is right here, because 256 random bits cannot be guessed one by one,
//! and looking a key up by its hash tells nobody's clock anything about the secrets that exist.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use rand::Rng;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use trunkline_domain::{ApiKeyId, UserId};

use crate::KeyScopes;

/// What an API key belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum KeyHolder {
    /// One user.
    User {
        /// Who.
        user: UserId,
    },
    /// A service, which acts for the users that it names.
    Service,
    /// An operator.
    Operator,
}

impl KeyHolder {
    /// The kind's name in records, SQL and logs.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::User { .. } => "user",
            Self::Service => "service",
            Self::Operator => "operator",
        }
    }

    /// Every scope that a key of this holder can have.
    pub const fn scopes(&self) -> KeyScopes {
        match self {
            Self::User { .. } => KeyScopes::OF_A_USER,
            Self::Service => KeyScopes::OF_A_SERVICE,
            Self::Operator => KeyScopes::OF_AN_OPERATOR,
        }
    }

    /// The user, where it is one.
    pub const fn user(&self) -> Option<&UserId> {
        match self {
            Self::User { user } => Some(user),
            Self::Service | Self::Operator => None,
        }
    }
}

/// An API key as it is stored: everything but its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Identity; may be shown and logged.
    pub id: ApiKeyId,
    /// What its secret hashes to.
    pub hash: KeyHash,
    /// Whose it is.
    pub holder: KeyHolder,
    /// Its maker's name for it, 1 to 100 characters.
    pub name: Option<String>,
    /// What it may be used for; never more than its holder may do.
    pub scopes: KeyScopes,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// From when on it opens nothing any more; `None` for a key that does not end by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute; written after the answer, so it may be missing for a use.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Since when it is revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// The key whose successor it is.
    pub replaces: Option<ApiKeyId>,
}

/// What a key is at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It opens what it is for.
    Open,
    /// Its time is over.
    Expired,
    /// Somebody has revoked it.
    Revoked,
}

impl KeyState {
    /// The name in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

impl ApiKey {
    /// What the key is at this moment.
    pub fn state(&self, now: DateTime<Utc>) -> KeyState {
        match (self.revoked_at, self.expires_at) {
            (Some(_), _) => KeyState::Revoked,
            (None, Some(end)) if end <= now => KeyState::Expired,
            (None, Some(_) | None) => KeyState::Open,
        }
    }
}

/// The SHA-256 of a key's secret, as it is written: `tl_` and all.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash([u8; 32]);

/// Text that is no SHA-256 in hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key's hash is 64 hexadecimal digits")]
pub struct KeyHashError;

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for KeyHash {
    type Err = KeyHashError;

    fn from_str(text: &str) -> Result<Self, KeyHashError> {
        let mut hash = [0; 32];
        hex::decode_to_slice(text, &mut hash).map_err(|_| KeyHashError)?;
        Ok(Self(hash))
    }
}

/// A key's secret. Shown to its maker once; neither logged nor stored.
#[derive(Debug, Clone)]
pub struct ApiKeySecret(SecretString);

/// Text that is no secret of ours. Says nothing about the text, which may be a secret of somebody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an API key is `tl_` and 43 letters, digits, `-` and `_`")]
pub struct ApiKeySecretError;

impl ApiKeySecret {
    const PREFIX: &'static str = "tl_";
    /// 256 bits, six to a character.
    const RANDOM_CHARS: usize = 43;

    /// A fresh secret from the thread's cryptographic generator.
    pub fn generate() -> Self {
        let mut bits = [0_u8; 32];
        rand::rng().fill_bytes(&mut bits);
        Self(format!("{}{}", Self::PREFIX, URL_SAFE_NO_PAD.encode(bits)).into())
    }

    /// What is stored in the secret's place.
    pub fn hash(&self) -> KeyHash {
        KeyHash(Sha256::digest(self.0.expose_secret().as_bytes()).into())
    }

    /// The secret itself, to be shown once.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl FromStr for ApiKeySecret {
    type Err = ApiKeySecretError;

    /// Looks at the form alone; garbage costs neither a hash nor a look into the store.
    fn from_str(text: &str) -> Result<Self, ApiKeySecretError> {
        let random = text.strip_prefix(Self::PREFIX).ok_or(ApiKeySecretError)?;
        let in_alphabet = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if random.len() == Self::RANDOM_CHARS && random.bytes().all(in_alphabet) {
            Ok(Self(text.into()))
        } else {
            Err(ApiKeySecretError)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_different_and_read_back() {
        let (one, other) = (ApiKeySecret::generate(), ApiKeySecret::generate());
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.expose().len(), 46);
        assert_eq!(one.expose().parse::<ApiKeySecret>().unwrap().hash(), one.hash());
        assert_eq!(one.hash().to_string().parse::<KeyHash>(), Ok(one.hash()));
    }

    #[test]
    fn the_hash_is_what_sha256sum_prints() {
        let secret: ApiKeySecret = format!("tl_{}", "A".repeat(43)).parse().unwrap();
        let printed = "c9720dd5a85c9f4da77feca270c9127afaea8874ee23f2c774edf3db0d29fc90";
        assert_eq!(secret.hash().to_string(), printed);
    }

    #[test]
    fn debug_hides_the_secret() {
        let secret = ApiKeySecret::generate();
        assert!(!format!("{secret:?}").contains(&secret.expose()[3..]));
    }

    #[test]
    fn garbage_is_refused_by_its_form() {
        let long = format!("tl_{}", "a".repeat(44));
        let strange = format!("tl_{}é", "a".repeat(41));
        let other = format!("sk_{}", "a".repeat(43));
        for text in ["", "tl_", "tl_short", &long, &strange, &other] {
            assert!(text.parse::<ApiKeySecret>().is_err(), "{text}");
        }
        assert!("zz".parse::<KeyHash>().is_err());
    }
}

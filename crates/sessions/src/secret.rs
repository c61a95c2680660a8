//! Secrets that a browser keeps, and what is stored in their place.
//!
//! All have 256 random bits from the thread's cryptographic generator, so a plain SHA-256 hides them: there is nothing to
//! guess from.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng as _;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// 256 bits, six to a character.
const CHARS: usize = 43;

/// The SHA-256 of a secret: what stores have instead of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash([u8; 32]);

/// Text that is no SHA-256 in hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret's hash is 64 hexadecimal digits")]
pub struct SecretHashError;

/// Text that has not the form of a token of ours. Says nothing about the text, which may be a secret of somebody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token is 43 letters, digits, `-` and `_`")]
pub struct TokenFormError;

impl SecretHash {
    /// The hash of a text.
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }
}

impl fmt::Display for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for SecretHash {
    type Err = SecretHashError;

    fn from_str(text: &str) -> Result<Self, SecretHashError> {
        let mut hash = [0; 32];
        hex::decode_to_slice(text, &mut hash).map_err(|_| SecretHashError)?;
        Ok(Self(hash))
    }
}

/// A fresh secret, as 43 characters that need no escaping in a cookie or an address.
pub(crate) fn random_text() -> String {
    let mut bits = [0_u8; 32];
    rand::rng().fill_bytes(&mut bits);
    URL_SAFE_NO_PAD.encode(bits)
}

macro_rules! token {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name(SecretString);

        impl $name {
            /// A fresh one.
            pub fn generate() -> Self {
                Self(random_text().into())
            }

            /// What is stored in its place.
            pub fn hash(&self) -> SecretHash {
                SecretHash::of(self.0.expose_secret())
            }

            /// The token itself, to be handed out once.
            pub fn expose(&self) -> &str {
                self.0.expose_secret()
            }
        }

        impl FromStr for $name {
            type Err = TokenFormError;

            /// Looks at the form alone; garbage costs neither a hash nor a look into the store.
            fn from_str(text: &str) -> Result<Self, TokenFormError> {
                let in_alphabet = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
                if text.len() == CHARS && text.bytes().all(in_alphabet) {
                    Ok(Self(text.into()))
                } else {
                    Err(TokenFormError)
                }
            }
        }
    };
}

token!(
    /// What a signed-in browser shows with each request. Neither logged nor stored.
    SessionToken
);
token!(
    /// What a sign-in link ends with. It opens once.
    LinkToken
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_different_read_back_and_hidden() {
        let (one, other) = (SessionToken::generate(), SessionToken::generate());
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.expose().parse::<SessionToken>().unwrap().hash(), one.hash());
        assert_eq!(one.hash().to_string().parse::<SecretHash>(), Ok(one.hash()));
        assert!(!format!("{one:?}").contains(one.expose()));
    }

    #[test]
    fn the_hash_is_what_sha256sum_prints() {
        let printed = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(SecretHash::of("abc").to_string(), printed);
        assert!("abc".parse::<SecretHash>().is_err());
    }

    #[test]
    fn garbage_is_refused_by_its_form() {
        for text in ["", "short", &"a".repeat(44), &format!("{}é", "a".repeat(41)), &"+".repeat(43)] {
            assert!(text.parse::<SessionToken>().is_err() && text.parse::<LinkToken>().is_err(), "{text}");
        }
    }
}

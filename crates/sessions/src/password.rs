//! Passwords: hashed with Argon2id, a few at a time.
//!
//! A hash takes some 20 MiB and tens of milliseconds, on purpose. So it is computed on the threads for blocking work, and
//! only so many at once: who comes later waits, and costs no memory meanwhile.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

/// How many are hashed at once.
const AT_ONCE: usize = 4;

/// The shortest password, in characters.
const CHARS_MIN: usize = 12;
/// The longest, in bytes: nobody types more, and somebody else might send it.
const BYTES_MAX: usize = 1024;

/// What a password hashes to, as a PHC string: algorithm, costs, salt and hash.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// A hash as it was stored.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The hash for storing.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash([REDACTED])")
    }
}

/// Why a password is not taken, or could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too short to be safe.
    #[error("a password has at least {CHARS_MIN} characters")]
    TooShort,
    /// Too long to be a password.
    #[error("a password has at most {BYTES_MAX} bytes")]
    TooLong,
    /// The hash cannot be computed, or what is stored is none.
    #[error("passwords cannot be hashed: {0}")]
    Hashing(String),
}

/// How much a hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Costs {
    /// What is recommended: 19 MiB, two passes.
    Recommended,
    /// As little as there can be, for tests that are about something else.
    ForTests,
}

/// Hashes passwords and compares them. Clones share the bound on how many at once.
#[derive(Clone)]
pub struct Passwords {
    hasher: Arc<Argon2<'static>>,
    permits: Arc<Semaphore>,
}

impl Passwords {
    /// With these costs for new hashes; an old one is compared with its own.
    pub fn new(costs: Costs) -> Self {
        let params = match costs {
            Costs::Recommended => Params::default(),
            Costs::ForTests => Params::new(Params::MIN_M_COST, 1, 1, None).unwrap_or_default(),
        };
        let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        Self { hasher: Arc::new(hasher), permits: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Hashes a password that is to be taken. Beside its length it is held against nothing.
    pub async fn hash_new(&self, password: SecretString) -> Result<PasswordHash, PasswordError> {
        if password.expose_secret().chars().count() < CHARS_MIN {
            return Err(PasswordError::TooShort);
        }
        if password.expose_secret().len() > BYTES_MAX {
            return Err(PasswordError::TooLong);
        }
        self.work(move |hasher| hash(hasher, &password)).await
    }

    /// Whether this is the password. Where there is none to compare with, the answer is no and costs the same time.
    pub(crate) async fn matches(
        &self,
        stored: Option<PasswordHash>,
        password: SecretString,
    ) -> Result<bool, PasswordError> {
        if password.expose_secret().len() > BYTES_MAX {
            return Ok(false);
        }
        self.work(move |hasher| match stored {
            Some(stored) => {
                let stored = phc::PasswordHash::new(&stored.0).map_err(failed)?;
                Ok(hasher.verify_password(password.expose_secret().as_bytes(), &stored).is_ok())
            }
            None => hash(hasher, &password).map(|_| false),
        })
        .await
    }

    /// Computes beside the other tasks. A caller that goes away leaves its computation to end, and its turn with it.
    async fn work<T: Send + 'static>(
        &self,
        compute: impl FnOnce(&Argon2<'static>) -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(failed)?;
        let hasher = Arc::clone(&self.hasher);
        let computing = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            compute(&hasher)
        });
        computing.await.map_err(failed)?
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords").finish_non_exhaustive()
    }
}

fn hash(hasher: &Argon2<'static>, password: &SecretString) -> Result<PasswordHash, PasswordError> {
    let hash = hasher.hash_password(password.expose_secret().as_bytes()).map_err(failed)?;
    Ok(PasswordHash(hash.to_string()))
}

fn failed(error: impl fmt::Display) -> PasswordError {
    PasswordError::Hashing(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_compared_with_what_it_was_hashed_to() {
        let passwords = Passwords::new(Costs::ForTests);
        let stored = passwords.hash_new("correct horse battery".into()).await.unwrap();
        let matches = |text: &str| passwords.matches(Some(stored.clone()), text.into());
        assert!(matches("correct horse battery").await.unwrap());
        assert!(!matches("correct horse batterz").await.unwrap() && !matches("").await.unwrap());
        assert!(!passwords.matches(None, "correct horse battery".into()).await.unwrap());
        assert!(!format!("{stored:?}").contains(stored.as_str()));
        let again = passwords.hash_new("correct horse battery".into()).await.unwrap();
        assert_ne!(again, stored, "every hash has a salt of its own");
    }

    #[tokio::test]
    async fn the_usual_costs_are_the_recommended_ones() {
        let stored =
            Passwords::new(Costs::Recommended).hash_new("correct horse battery".into()).await.unwrap();
        assert!(stored.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", stored.as_str());
    }

    #[tokio::test]
    async fn short_and_endless_passwords_are_not_taken() {
        let passwords = Passwords::new(Costs::ForTests);
        let refused = |text: String| passwords.hash_new(text.into());
        assert!(matches!(refused("ä".repeat(11)).await, Err(PasswordError::TooShort)));
        assert!(refused("ä".repeat(12)).await.is_ok());
        assert!(matches!(refused("a".repeat(1025)).await, Err(PasswordError::TooLong)));
    }

    #[tokio::test]
    async fn what_is_stored_and_is_no_hash_is_an_error_and_no_wrong_password() {
        let stored = PasswordHash::from_stored("plain".to_owned());
        let answer = Passwords::new(Costs::ForTests).matches(Some(stored), "plain".into()).await;
        assert!(matches!(answer, Err(PasswordError::Hashing(_))));
    }
}

//! What can go wrong, a variant only where a caller acts differently.

use std::error::Error;
use std::time::Duration;

use trunkline_tenancy::TenancyStoreError;

use crate::PasswordError;

/// Why nobody was signed in, or a password was not changed. Its texts may be shown to whoever tried.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// An address that nobody has, a wrong password, a disabled account: a stranger does not learn which.
    #[error("this e-mail address and password do not belong together")]
    Wrong,
    /// Too many have failed for this account or from this address.
    #[error("too many attempts have failed: try again in {} minutes", minutes(*retry_after))]
    Throttled {
        /// When the next attempt is judged.
        retry_after: Duration,
    },
    /// The link was used already, is too old, or never was.
    #[error("this link has been used already or has expired: ask for another one")]
    LinkSpent,
    /// The sign-in at the identity provider came to nothing.
    #[error(transparent)]
    Oidc(#[from] OidcRefusal),
    /// A new password that is not taken.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The identity provider cannot be asked, or is not set up as it must be. What is known is in the server's log and
    /// in the source.
    #[error("the identity provider cannot be reached: try again in a moment")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// The store failed.
    #[error("signing in is not possible at this moment: try again")]
    Store(#[from] SessionStoreError),
}

/// Why a sign-in at the identity provider came to nothing, for the person who tried. What a developer wants to know is
/// in the server's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OidcRefusal {
    /// There is no such sign-in under way in this browser.
    #[error("this sign-in has expired, was used already, or began in another browser: start again")]
    NotUnderWay,
    /// The provider's answer is not one that proves anything.
    #[error(
        "the identity provider's answer was not accepted: start again, and if that does not help, tell whoever \
         runs this service"
    )]
    NotAccepted,
    /// They are who they are, and have no account here.
    #[error("there is no account for you here: ask whoever runs this service to make one")]
    NoAccount,
    /// No identity provider is set up.
    #[error("this service has no identity provider to sign in at")]
    NotConfigured,
}

/// Why an account was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// There is no such account.
    #[error("there is no such account")]
    NotFound,
    /// Another account has this address.
    #[error("another account has this e-mail address")]
    EmailTaken,
    /// Another account has this subject.
    #[error("another account has this subject of the identity provider")]
    SubjectTaken,
    /// It would have neither an address nor a subject.
    #[error("an account needs an e-mail address or a subject of the identity provider")]
    Nameless,
    /// A password that is not taken.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The store of users failed.
    #[error(transparent)]
    Users(#[from] TenancyStoreError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] SessionStoreError),
}

/// A store that could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum SessionStoreError {
    /// Certainly nothing was changed.
    #[error("the store of sessions is not available")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// The change may or may not be stored; repeating it unchanged is safe.
    #[error("the store of sessions did not say whether the change is stored")]
    OutcomeUnknown(#[source] Box<dyn Error + Send + Sync>),
    /// The store holds something that its own rules forbid, or cannot be asked this at all. An operator's matter.
    #[error("the store of sessions is broken: {0}")]
    Broken(String),
}

/// A wait in minutes, rounded up, for a person.
fn minutes(wait: Duration) -> u64 {
    wait.as_secs().div_ceil(60).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_in_whole_minutes() {
        let told = |seconds| SignInError::Throttled { retry_after: Duration::from_secs(seconds) }.to_string();
        assert!(told(0).ends_with("in 1 minutes") && told(61).ends_with("in 2 minutes"), "{}", told(61));
    }
}

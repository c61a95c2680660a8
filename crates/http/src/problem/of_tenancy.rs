//! What tenancy refuses, as clients see it.

use std::time::Duration;

use trunkline_tenancy::{
    ActingError, AuthenticationError, BusinessError, Denial, KeyError, TenancyStoreError,
};

use super::{ErrorCode, Problem};
use crate::access::USER_HEADER;

/// When to ask again where the identity provider does not answer.
const IDENTITY_RETRY: Duration = Duration::from_secs(10);

impl From<TenancyStoreError> for Problem {
    fn from(error: TenancyStoreError) -> Self {
        match error {
            TenancyStoreError::Unavailable(_) => Self::storage().because(error),
            TenancyStoreError::OutcomeUnknown(_) => Self::unconfirmed().because(error),
            TenancyStoreError::Broken(_) => Self::internal().because(error),
        }
    }
}

impl From<Denial> for Problem {
    fn from(denial: Denial) -> Self {
        match denial {
            Denial::Forbidden => Self::new(
                ErrorCode::Forbidden,
                "This is not yours to do, or not for another user. Nothing was done; use a key that may.",
            ),
            Denial::Lacks(scope) => Self::new(
                ErrorCode::Forbidden,
                format!("This key lacks the scope {scope}. Nothing was done; use a key that has it."),
            ),
            Denial::NobodyNamed => Self::invalid_field(
                USER_HEADER,
                "name the user whom this is for, in this header or as userId",
            ),
            Denial::TwoNamed => {
                Self::invalid_field("userId", format!("is another user than the {USER_HEADER} header names"))
            }
        }
    }
}

/// One answer for every key and token that opens nothing, so that nobody learns which ones there were.
impl From<AuthenticationError> for Problem {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Nobody => Self::new(
                ErrorCode::Unauthenticated,
                "Send a valid API key or token, as Authorization: Bearer …. Nothing was done.",
            ),
            AuthenticationError::UnknownUser => Self::new(
                ErrorCode::Unauthenticated,
                "The token is good, but its subject is no user here. Nothing was done; a service or an operator adds \
                 users with POST /api/users.",
            ),
            AuthenticationError::KeysUnavailable(_) => Self::new(
                ErrorCode::IdentityUnavailable,
                "The identity provider's keys cannot be had, so the token cannot be checked. Nothing was done; try \
                 again in a moment.",
            )
            .retry_after(IDENTITY_RETRY)
            .because(error),
            AuthenticationError::Store(error) => error.into(),
        }
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        let field = match error {
            KeyError::Name => "name",
            KeyError::NoScope | KeyError::ScopeOfAnotherKind(_) => "scopes",
            KeyError::Expiry => "expiresAt",
            KeyError::Overlap => "overlapMinutes",
            KeyError::MoreThanYours => {
                return Self::new(
                    ErrorCode::Forbidden,
                    "A key cannot make or renew a key that may do more, or lasts longer, than itself. Nothing was \
                     done; ask for fewer scopes or an earlier end, or use a key that may.",
                );
            }
            KeyError::NotFound => return Self::absent(ErrorCode::KeyNotFound),
            KeyError::TooMany(limit) => {
                return Self::new(
                    ErrorCode::LimitExceeded,
                    format!(
                        "This user has {limit} open keys, which is the most. Nothing was done; revoke one that is not \
                         needed any more, or wait until one ends."
                    ),
                )
                .member("limit", limit);
            }
            KeyError::Ended => {
                return Self::new(
                    ErrorCode::KeyEnded,
                    "The key is revoked, expired, or has a successor already. Nothing was done; rotate its \
                     successor, or make a new key.",
                );
            }
            KeyError::OfAnAccount => {
                return Self::new(
                    ErrorCode::Forbidden,
                    "This key stands for an operator who signs in at a browser, and nobody has its secret. Nothing was done; it \
                     ends with the account, by `trunkline user disable`.",
                );
            }
            KeyError::Store(error) => return error.into(),
        };
        Self::invalid_field(field, error.to_string())
    }
}

impl From<ActingError> for Problem {
    fn from(error: ActingError) -> Self {
        match error {
            ActingError::Denied(denial) => denial.into(),
            ActingError::UserNotFound => Self::absent(ErrorCode::UserNotFound),
            ActingError::Store(error) => error.into(),
        }
    }
}

impl From<BusinessError> for Problem {
    fn from(error: BusinessError) -> Self {
        match error {
            BusinessError::NotFound => Self::absent(ErrorCode::BusinessNotFound),
            BusinessError::OwnerNotFound => Self::absent(ErrorCode::UserNotFound),
            BusinessError::IdTaken => Self::invalid_field("id", "cannot be used; choose another one"),
            BusinessError::InUse => Self::new(
                ErrorCode::BusinessInUse,
                "The business has numbers or a purchase that is not decided. Nothing was deleted; release its \
                 numbers or assign them elsewhere first.",
            ),
            BusinessError::Store(error) => error.into(),
        }
    }
}

impl Problem {
    /// The database did not say whether it stored a change that costs nothing and is safe to repeat.
    pub(super) fn unconfirmed() -> Self {
        let detail = "The database did not say whether the change is stored. Nothing was charged; look whether it \
                      is there, or send the request again.";
        Self::new(ErrorCode::StorageUnavailable, detail)
    }
}

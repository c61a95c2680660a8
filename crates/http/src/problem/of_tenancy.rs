//! What tenancy refuses, as clients see it.

use trunkline_tenancy::{ActingError, BusinessError, Denial, TenancyStoreError};

use super::{ErrorCode, Problem};
use crate::access::USER_HEADER;

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

//! What the wallet refuses, as clients see it.

use trunkline_wallet::{CreditError, WalletStoreError};

use super::{ErrorCode, Problem};

impl From<WalletStoreError> for Problem {
    fn from(error: WalletStoreError) -> Self {
        match error {
            WalletStoreError::Unavailable(_) | WalletStoreError::OutcomeUnknown(_) => {
                Self::storage().because(error)
            }
            WalletStoreError::Broken(_) => Self::internal().because(error),
        }
    }
}

impl From<CreditError> for Problem {
    fn from(error: CreditError) -> Self {
        match error {
            CreditError::NotPositive | CreditError::TooLarge => {
                Self::invalid_field("amount", error.to_string())
            }
            CreditError::Reason => Self::invalid_field("reason", error.to_string()),
            CreditError::TooManyWaiting(limit) => Self::too_many_approvals(limit),
            CreditError::KeyReused => Self::key_reused("credit"),
            CreditError::Store(WalletStoreError::OutcomeUnknown(_)) => {
                let detail = "The database did not say whether the credit is posted. Send the same request with \
                              the same Idempotency-Key again, which posts it once; without a key, look at the \
                              transactions first.";
                Self::new(ErrorCode::StorageUnavailable, detail).because(error)
            }
            CreditError::Store(error) => error.into(),
        }
    }
}

//! What notices refuse, as clients see it.

use trunkline_notices::NoticeStoreError;

use super::Problem;

impl From<NoticeStoreError> for Problem {
    fn from(error: NoticeStoreError) -> Self {
        match error {
            NoticeStoreError::Unavailable(_) => Self::storage().because(error),
            NoticeStoreError::OutcomeUnknown(_) => Self::unconfirmed().because(error),
            NoticeStoreError::Broken(_) => Self::internal().because(error),
        }
    }
}

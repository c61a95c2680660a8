//! What can go wrong, one enum per family of operations, a variant only where a caller acts differently.

use crate::{Denial, TenancyStoreError};

/// Why a caller does not get to work with the things that they want.
#[derive(Debug, thiserror::Error)]
pub enum ActingError {
    /// Not theirs to do, or it is not clear for whom.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// The user whom they name does not exist.
    #[error("no such user")]
    UserNotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] TenancyStoreError),
}

/// Why a business was not added, changed or deleted.
#[derive(Debug, thiserror::Error)]
pub enum BusinessError {
    /// The owner has no such business.
    #[error("no such business")]
    NotFound,
    /// It has live numbers or open orders.
    #[error("the business has live numbers or open orders")]
    InUse,
    /// Another user's business has the id that was asked for.
    #[error("this id belongs to another business")]
    IdTaken,
    /// There is no such owner.
    #[error("no such user")]
    OwnerNotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] TenancyStoreError),
}

/// Why a key was not made.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A name that is empty or longer than 100 characters.
    #[error("a key's name has 1 to 100 visible characters")]
    Name,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] TenancyStoreError),
}

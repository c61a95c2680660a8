//! What can go wrong, one enum per family of operations, a variant only where a caller acts differently.

use crate::{Denial, KeyScope, TenancyStoreError};

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

/// Why a member was not added, changed or removed.
#[derive(Debug, thiserror::Error)]
pub enum MemberError {
    /// The owner has no such business.
    #[error("no such business")]
    BusinessNotFound,
    /// The business has no such member.
    #[error("no such member")]
    NotFound,
    /// The owner is no member, and is neither made one nor removed.
    #[error("the owner of a business is no member of it")]
    Owner,
    /// The business has as many members as it may: [`Tenancy::MEMBERS_MAX`](crate::Tenancy::MEMBERS_MAX).
    #[error("this business has {0} members, which is the most; remove one first")]
    TooMany(u32),
    /// Others changed the member again and again meanwhile.
    #[error("somebody else changes this member at this moment")]
    Contended,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] TenancyStoreError),
}

/// Why a key was not made, rotated or revoked.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A name that is empty or longer than 100 characters.
    #[error("a key's name has 1 to 100 visible characters")]
    Name,
    /// A key that would open nothing.
    #[error("a key needs at least one scope")]
    NoScope,
    /// A scope that a key of this holder cannot have.
    #[error("a key of this kind cannot have the scope `{0}`")]
    ScopeOfAnotherKind(KeyScope),
    /// An end that is not ahead.
    #[error("a key ends in the future, or not at all")]
    Expiry,
    /// An overlap that is negative or longer than [`Tenancy::OVERLAP_MAX`](crate::Tenancy::OVERLAP_MAX).
    #[error("an old key can stay open for up to 30 days")]
    Overlap,
    /// More scopes, or a longer life, than whoever asks has.
    #[error("a key cannot make a key that may do more, or lasts longer, than itself")]
    MoreThanYours,
    /// There is no such key within reach.
    #[error("no such key")]
    NotFound,
    /// The key is revoked, expired, or has a successor already.
    #[error("the key has ended or has a successor already")]
    Ended,
    /// The key stands for an operator who signs in at a browser: its secret is nobody's, and a successor would outlive the
    /// account.
    #[error("the key stands for an account that signs in at a browser, and is not rotated")]
    OfAnAccount,
    /// The user has as many open keys as they may: [`Tenancy::OPEN_KEYS_MAX`](crate::Tenancy::OPEN_KEYS_MAX).
    #[error("this user has {0} open keys, which is the most; revoke one that is not needed any more")]
    TooMany(u32),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] TenancyStoreError),
}

/// Why nobody is recognised.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// No key or token that opens anything. Unknown, expired and revoked ones look the same on purpose.
    #[error("nobody's key or token")]
    Nobody,
    /// The token is good, but its subject is no user here, and users are not added by their tokens.
    #[error("the token's subject is no user here")]
    UnknownUser,
    /// The identity provider's keys could not be had, so nobody can tell whether the token is good.
    #[error("the identity provider's keys are not available")]
    KeysUnavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] TenancyStoreError),
}

//! Leases: who works on an undecided order, release or orphan now.
//!
//! A lease is a token that grows by one with every taker and a time until which nobody else takes it, both set and
//! compared by the store's clock. A worker whose token is no longer the current one has lost its say.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The right to decide a piece of work, as long as nobody has taken it over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LeaseToken(i64);

impl LeaseToken {
    /// A token as it was stored.
    pub const fn from_i64(token: i64) -> Self {
        Self(token)
    }

    /// The token for storing.
    pub const fn as_i64(self) -> i64 {
        self.0
    }
}

/// How long a piece of work may be worked on before somebody else takes it over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseTerms {
    /// From now, by the store's clock.
    pub lease: Duration,
}

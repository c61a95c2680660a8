//! The port to what callers have asked for at all servers of a database together.
//!
//! Servers count by themselves and tell each other now and then: nobody asks the database before answering a request. What
//! is stored is a running sum per subject, so a server learns what the others did by what the sum has grown beyond its own
//! share.

use async_trait::async_trait;

use crate::TenancyStoreError;

/// Adds up what several servers count.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait RateStore: Send + Sync {
    /// Adds to the sums of these subjects, each named once, in one statement, and answers with what each comes to, in the
    /// same order. Sums that nobody adds to are forgotten after an hour, and begin at zero again. Not safe to repeat: a
    /// call that may or may not have been stored is left, and costs its subjects what they asked twice at most.
    async fn settle(&self, uses: &[RateUse]) -> Result<Vec<u64>, TenancyStoreError>;
}

/// What one subject has asked at one server since that last told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateUse {
    /// Who: a key or an address, in the words of whoever counts.
    pub subject: String,
    /// How many requests.
    pub requests: u32,
}

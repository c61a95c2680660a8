//! A store that could not do what was asked.

use std::error::Error;

/// A store's failure. What a caller can act on is never here: refusals are answers, found from row counts.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Certainly nothing was changed.
    #[error("the database is not available")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// The change may or may not be stored; repeating it unchanged is safe.
    #[error("the database did not say whether the change is stored")]
    OutcomeUnknown(#[source] Box<dyn Error + Send + Sync>),
    /// The store holds something that its own rules forbid, or cannot be asked this at all. An operator's matter.
    #[error("the database is broken: {0}")]
    Broken(String),
}

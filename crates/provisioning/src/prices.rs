//! The prices in force: read by every purchase, replaced whole when the operator's file changes.

use std::sync::{Arc, PoisonError, RwLock};

use trunkline_domain::PriceBook;

/// A handle to the prices in force. Clones share them.
#[derive(Clone)]
pub struct CurrentPrices(Arc<RwLock<Arc<PriceBook>>>);

impl CurrentPrices {
    /// Puts a price book in force.
    pub fn new(book: PriceBook) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(book))))
    }

    /// The book in force now. A purchase asks once, so a change never meets it halfway.
    pub fn current(&self) -> Arc<PriceBook> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another book in force.
    pub fn replace(&self, book: PriceBook) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(book);
    }
}

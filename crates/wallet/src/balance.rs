//! What a wallet holds.

use chrono::{DateTime, Utc};
use trunkline_domain::{Currency, Money, MoneyError};

/// A wallet's balance at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// The balance, holds not taken off.
    pub posted: Money,
    /// What open orders reserve of it.
    pub held: Money,
    /// When a transfer last changed it; `None` for a wallet that nothing has touched yet.
    pub updated_at: Option<DateTime<Utc>>,
}

impl Balance {
    /// A wallet that nothing has touched yet.
    pub const fn empty(currency: Currency) -> Self {
        Self { posted: Money::zero(currency), held: Money::zero(currency), updated_at: None }
    }

    /// What can be spent: posted less held.
    pub fn available(&self) -> Result<Money, MoneyError> {
        self.posted.checked_sub(self.held)
    }
}

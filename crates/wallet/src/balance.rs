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

/// A wallet as its owner looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalletStanding {
    /// What it holds.
    pub balance: Balance,
    /// What is owed in its currency; zero mostly.
    pub debt: Money,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn balance(posted: Money, held: Money) -> Balance {
        Balance { posted, held, updated_at: None }
    }

    fn usd(text: &str) -> Money {
        Money::parse(text, Currency::USD).unwrap()
    }

    #[test]
    fn what_is_held_cannot_be_spent() {
        assert_eq!(balance(usd("25"), usd("1.15")).available(), Ok(usd("23.85")));
        assert_eq!(balance(usd("25"), usd("25")).available(), Ok(usd("0")));
    }

    #[test]
    fn an_untouched_wallet_is_empty_in_its_currency() {
        let zero = Money::zero(Currency::INR);
        assert_eq!(Balance::empty(Currency::INR), balance(zero, zero));
        assert_eq!(Balance::empty(Currency::INR).available(), Ok(zero));
    }

    #[test]
    fn two_currencies_are_no_balance() {
        let mixed = balance(usd("25"), Money::zero(Currency::INR));
        assert_eq!(mixed.available(), Err(MoneyError::CurrencyMismatch(Currency::USD, Currency::INR)));
    }
}

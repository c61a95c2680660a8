//! What every test needs: a service over a mocked store at a fixed moment, with ids that count up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use trunkline_domain::{Clock, Currency, IdSource, Money, TransferId, UserId};
use trunkline_wallet::{Balance, MockWalletStore, WalletStoreError, Wallets};
use uuid::Uuid;

pub(crate) struct Noon;

impl Clock for Noon {
    fn now(&self) -> DateTime<Utc> {
        noon()
    }
}

#[derive(Default)]
struct Counting(AtomicU64);

impl IdSource for Counting {
    fn next(&self) -> Uuid {
        Uuid::from_u64_pair(0, self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

pub(crate) fn noon() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn wallets(store: MockWalletStore) -> Wallets {
    Wallets::new(Arc::new(store), Arc::new(Noon), Arc::new(Counting::default()))
}

pub(crate) fn maria() -> UserId {
    "maria".parse().unwrap()
}

pub(crate) fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

/// The `n`th id of a service.
pub(crate) fn transfer(n: u64) -> TransferId {
    TransferId::from_uuid(Uuid::from_u64_pair(0, n))
}

/// A wallet that has so much, and holds nothing.
pub(crate) fn balance(posted: Money) -> Balance {
    Balance { posted, held: Money::zero(posted.currency()), updated_at: Some(noon()) }
}

pub(crate) fn unknown() -> WalletStoreError {
    WalletStoreError::OutcomeUnknown("the connection went away".into())
}

pub(crate) fn unavailable() -> WalletStoreError {
    WalletStoreError::Unavailable("the disk is full".into())
}

//! The port to what is kept of statements: the months that are closed. Lines are the journal's.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::{Change, Currency, UserId};

use super::{Statement, StatementMonth};
use crate::{AccountId, Transfer, WalletStoreError};

/// The store of closed months, with the journal they are made of.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait StatementStore: Send + Sync {
    /// A wallet's closed months, newest first, those before `before` where it is given; `limit` is 1 to 101.
    async fn closed(
        &self,
        wallet: AccountId,
        before: Option<StatementMonth>,
        limit: u16,
    ) -> Result<Vec<Statement>, WalletStoreError>;

    /// A wallet's history from the place after `after`, in order; `limit` is 1 to 500. Fewer rows are the end of it.
    async fn journal(
        &self,
        wallet: AccountId,
        after: i64,
        limit: u16,
    ) -> Result<Vec<Transfer>, WalletStoreError>;

    /// Wallets whose history begins before the end of a month that is not closed for them, in the order of ids from the
    /// one after `after`; `limit` is 1 to 500.
    async fn due(
        &self,
        month: StatementMonth,
        after: Option<AccountId>,
        limit: u16,
    ) -> Result<Vec<WalletDue>, WalletStoreError>;

    /// Closes a month for good, once per wallet and month, if it follows from what is closed and its last place is in the
    /// journal with the balances that it says. The store's clock decides whether it is time.
    async fn close_month(
        &self,
        change: &Change<StatementClosing>,
    ) -> Result<CloseStatementAnswer, WalletStoreError>;
}

/// A wallet that has a month to close.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalletDue {
    /// The wallet.
    pub wallet: AccountId,
    /// Whose.
    pub user: UserId,
    /// In which currency.
    pub currency: Currency,
}

/// The end of a wallet's month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementClosing {
    /// The month as it stays. Its state is what this makes it: closed at this closing's `at`.
    pub statement: Statement,
    /// The closed month that it follows; `None` for the wallet's first.
    pub follows: Option<StatementMonth>,
    /// The moment before which it must not be closed.
    pub due: DateTime<Utc>,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of a closing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseStatementAnswer {
    /// Closed now.
    Closed,
    /// It was closed before: by this change, or by another server and perhaps at another place. That one stays.
    ClosedBefore,
    /// It does not follow from what is closed: another server has closed something meanwhile. Nothing was changed.
    OutOfTurn,
    /// It is not yet time, by the store's clock. Nothing was changed.
    TooEarly,
}

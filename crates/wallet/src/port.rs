//! The port to the ledger's store.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::{Change, Currency, Money, TransferId, UserId};

use crate::{
    Account, AccountId, Adjustment, AdjustmentAnswer, Balance, LedgerAudit, TransactionPage, Transfer,
};

/// The ledger's store, apart from holds, which travel inside the changes of provisioning.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait WalletStore: Send + Sync {
    /// The balance of a user's wallet; `None` for a wallet that nothing has touched yet.
    async fn balance(&self, user: &UserId, currency: Currency) -> Result<Option<Balance>, WalletStoreError>;

    /// Posts a credit, once per transfer id and once per idempotency key. Makes the wallet where it does not exist.
    async fn credit(&self, change: &Change<Credit>) -> Result<CreditAnswer, WalletStoreError>;

    /// Posts a correction, once per transfer id and once per idempotency key. One into a wallet makes it where it does
    /// not exist; one out of it takes at most what is available. A refusal changes nothing and leaves the key free.
    async fn adjust(&self, change: &Change<Adjustment>) -> Result<AdjustmentAnswer, WalletStoreError>;

    /// A user's history over all currencies, newest first, from the line after `after`; `limit` is 1 to 100.
    async fn transactions(
        &self,
        user: &UserId,
        after: Option<TransferId>,
        limit: u16,
    ) -> Result<TransactionPage, WalletStoreError>;

    /// Everything the ledger holds at one moment, for [`crate::verify_ledger`]. Holds it all in memory: a ledger in
    /// service is audited through [`LedgerReader`].
    async fn snapshot(&self) -> Result<LedgerSnapshot, WalletStoreError>;
}

/// Reads the whole ledger for its audit, a row at a time.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait LedgerReader: Send + Sync {
    /// Hands everything that the ledger holds at one moment to the audit, in the order that [`LedgerAudit`] names.
    /// A row that cannot be read is the audit's matter; an error means that the ledger was not read to its end.
    async fn read_into(&self, audit: &mut LedgerAudit) -> Result<(), WalletStoreError>;
}

/// Money from the operator into a wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// The transfer's identity.
    pub transfer: TransferId,
    /// Whose wallet.
    pub user: UserId,
    /// Which wallet: the user's in the amount's currency.
    pub wallet: AccountId,
    /// How much; more than zero.
    pub amount: Money,
    /// A sentence for the customer.
    pub description: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of a credit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreditAnswer {
    /// Posted now.
    Posted {
        /// The transfer.
        transfer: TransferId,
        /// The balance after it.
        balance: Balance,
    },
    /// The same request was posted before, under this transfer; the balance is the one that it led to.
    Repeated {
        /// The transfer of the first time.
        transfer: TransferId,
        /// The balance after the first time.
        balance: Balance,
    },
    /// The idempotency key was used for another credit.
    KeyReused,
    /// The balance would leave what can be represented.
    TooLarge,
}

/// The whole ledger at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LedgerSnapshot {
    /// Every account.
    pub accounts: Vec<Account>,
    /// Every transfer, by wallet and place in its history.
    pub transfers: Vec<Transfer>,
}

/// A store that could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum WalletStoreError {
    /// Certainly nothing was changed.
    #[error("the ledger's store is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The change may or may not be stored; repeating it unchanged is safe.
    #[error("the ledger's store did not say whether the change is stored")]
    OutcomeUnknown(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The store holds something that its own rules forbid, or cannot be asked this at all. An operator's matter.
    #[error("the ledger's store is broken: {0}")]
    Broken(String),
}

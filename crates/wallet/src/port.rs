//! The port to the ledger's store.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::{ApprovalId, Change, Currency, Money, TransferId, UserId};

use crate::{
    Account, AccountId, Adjustment, AdjustmentAnswer, Approval, ApprovalAsking, ApprovalFilter,
    ApprovalGrant, ApprovalPage, ApprovalRejection, ApprovalRule, ApproveAnswer, AskAnswer, Balance,
    LedgerAudit, RejectAnswer, TransactionDirection, TransactionPage, Transfer, WalletStanding,
};

/// The ledger's store, apart from holds, which travel inside the changes of provisioning.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait WalletStore: Send + Sync {
    /// The balance of a user's wallet; `None` for a wallet that nothing has touched yet.
    async fn balance(&self, user: &UserId, currency: Currency) -> Result<Option<Balance>, WalletStoreError>;

    /// What a user owes in a currency, because a payment was taken back after its money was spent; zero mostly.
    async fn debt(&self, user: &UserId, currency: Currency) -> Result<Money, WalletStoreError>;

    /// The wallets that a user has, by the letters of their currencies, each with what is owed in it.
    async fn wallets(&self, user: &UserId) -> Result<Vec<WalletStanding>, WalletStoreError>;

    /// Posts a credit, once per transfer id and once per idempotency key. Makes the wallet where it does not exist.
    async fn credit(&self, change: &Change<Credit>) -> Result<CreditAnswer, WalletStoreError>;

    /// Posts a correction, once per transfer id and once per idempotency key, unless another operator must approve it: what
    /// the same operator moved without one is counted in the same transaction, so two at once do not pass together. One into a wallet makes it where it does
    /// not exist; one out of it takes at most what is available. A refusal changes nothing and leaves the key free.
    async fn adjust(&self, change: &Change<Adjustment>) -> Result<AdjustmentAnswer, WalletStoreError>;

    /// Stores an approval that waits, once per id and once per idempotency key, which stands for it as long as it waits and
    /// a day more. Moves nothing.
    async fn ask_approval(&self, change: &Change<ApprovalAsking>) -> Result<AskAnswer, WalletStoreError>;

    /// Approves and posts in one, once per approval. Whether it waits still, and whether it is another operator, is looked at
    /// in the same transaction; a refusal changes nothing.
    async fn approve(&self, change: &Change<ApprovalGrant>) -> Result<ApproveAnswer, WalletStoreError>;

    /// Rejects an approval that waits.
    async fn reject(&self, change: &Change<ApprovalRejection>) -> Result<RejectAnswer, WalletStoreError>;

    /// One approval as it stands by the store's clock.
    async fn approval(&self, id: ApprovalId) -> Result<Option<Approval>, WalletStoreError>;

    /// Approvals, those that were asked for last first; the filter's limit is 1 to 100.
    async fn approvals(&self, filter: &ApprovalFilter) -> Result<ApprovalPage, WalletStoreError>;

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
    /// Above which sum it needs another operator; `None` where it needs none.
    pub approval: Option<ApprovalRule>,
}

impl Credit {
    /// The same as a correction into the wallet, which moves money in the same way.
    pub fn as_adjustment(&self) -> Adjustment {
        Adjustment {
            transfer: self.transfer,
            user: self.user.clone(),
            wallet: self.wallet,
            direction: TransactionDirection::Credit,
            amount: self.amount,
            description: self.description.clone(),
            at: self.at,
            approval: self.approval.clone(),
        }
    }
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
    /// It is above the sum. Nothing was changed, and nothing is asked for yet.
    NeedsApproval,
    /// The same request asked for this approval before.
    UnderApproval(ApprovalId),
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

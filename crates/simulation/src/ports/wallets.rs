//! The ledger.

use async_trait::async_trait;
use trunkline_domain::{Change, Currency, TransferId, UserId};
use trunkline_wallet::{
    Adjustment, AdjustmentAnswer, Balance, Credit, CreditAnswer, LedgerSnapshot, TransactionPage,
    WalletStore, WalletStoreError,
};

use super::Link;

#[async_trait]
impl WalletStore for Link {
    async fn balance(&self, user: &UserId, currency: Currency) -> Result<Option<Balance>, WalletStoreError> {
        self.process.ask_store("wallets.balance", || self.store.balance(user, currency)).await
    }

    async fn credit(&self, change: &Change<Credit>) -> Result<CreditAnswer, WalletStoreError> {
        self.process.ask_store("wallets.credit", || self.store.credit(change)).await
    }

    async fn adjust(&self, change: &Change<Adjustment>) -> Result<AdjustmentAnswer, WalletStoreError> {
        self.process.ask_store("wallets.adjust", || self.store.adjust(change)).await
    }

    async fn transactions(
        &self,
        user: &UserId,
        after: Option<TransferId>,
        limit: u16,
    ) -> Result<TransactionPage, WalletStoreError> {
        self.process.ask_store("wallets.transactions", || self.store.transactions(user, after, limit)).await
    }

    async fn snapshot(&self) -> Result<LedgerSnapshot, WalletStoreError> {
        self.process.ask_store("wallets.snapshot", || self.store.snapshot()).await
    }
}

//! The ledger.

use async_trait::async_trait;
use trunkline_domain::{ApprovalId, Change, Currency, Money, TransferId, UserId};
use trunkline_wallet::{
    Adjustment, AdjustmentAnswer, Approval, ApprovalAsking, ApprovalFilter, ApprovalGrant, ApprovalPage,
    ApprovalRejection, ApproveAnswer, AskAnswer, Balance, Credit, CreditAnswer, LedgerSnapshot, RejectAnswer,
    TransactionPage, WalletStanding, WalletStore, WalletStoreError,
};

use super::Link;

#[async_trait]
impl WalletStore for Link {
    async fn balance(&self, user: &UserId, currency: Currency) -> Result<Option<Balance>, WalletStoreError> {
        self.process.ask_store("wallets.balance", || self.store.balance(user, currency)).await
    }

    async fn debt(&self, user: &UserId, currency: Currency) -> Result<Money, WalletStoreError> {
        self.process.ask_store("wallets.debt", || self.store.debt(user, currency)).await
    }

    async fn wallets(&self, user: &UserId) -> Result<Vec<WalletStanding>, WalletStoreError> {
        self.process.ask_store("wallets.wallets", || self.store.wallets(user)).await
    }

    async fn credit(&self, change: &Change<Credit>) -> Result<CreditAnswer, WalletStoreError> {
        self.process.ask_store("wallets.credit", || self.store.credit(change)).await
    }

    async fn adjust(&self, change: &Change<Adjustment>) -> Result<AdjustmentAnswer, WalletStoreError> {
        self.process.ask_store("wallets.adjust", || self.store.adjust(change)).await
    }

    async fn ask_approval(&self, change: &Change<ApprovalAsking>) -> Result<AskAnswer, WalletStoreError> {
        self.process.ask_store("wallets.ask_approval", || self.store.ask_approval(change)).await
    }

    async fn approve(&self, change: &Change<ApprovalGrant>) -> Result<ApproveAnswer, WalletStoreError> {
        self.process.ask_store("wallets.approve", || self.store.approve(change)).await
    }

    async fn reject(&self, change: &Change<ApprovalRejection>) -> Result<RejectAnswer, WalletStoreError> {
        self.process.ask_store("wallets.reject", || self.store.reject(change)).await
    }

    async fn approval(&self, id: ApprovalId) -> Result<Option<Approval>, WalletStoreError> {
        self.process.ask_store("wallets.approval", || self.store.approval(id)).await
    }

    async fn approvals(&self, filter: &ApprovalFilter) -> Result<ApprovalPage, WalletStoreError> {
        self.process.ask_store("wallets.approvals", || self.store.approvals(filter)).await
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

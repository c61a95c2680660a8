//! A mistake on purpose: settling a purchase in two transactions, each whole in itself. Only for the tests of the tests.

use async_trait::async_trait;
use trunkline_domain::Change;
use trunkline_provisioning::port::{PurchaseSettlement, SettleAnswer, StoreError};

use super::settle::{settle_money, settle_number};
use crate::error::Fault;
use crate::sqlite::SqliteStore;
use crate::sqlite::writer::{Decision, Transaction, Work};

struct NumberHalf(PurchaseSettlement);

#[async_trait]
impl Work for NumberHalf {
    type Answer = SettleAnswer;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Decision<SettleAnswer>, Fault> {
        settle_number(&self.0, transaction).await
    }
}

struct MoneyHalf(PurchaseSettlement);

#[async_trait]
impl Work for MoneyHalf {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Decision<()>, Fault> {
        Ok(Decision::Applied(settle_money(&self.0, transaction).await?))
    }
}

impl SqliteStore {
    /// The first transaction: the order, its number row and the claim.
    pub async fn settle_number_half(
        &self,
        change: &Change<PurchaseSettlement>,
    ) -> Result<SettleAnswer, StoreError> {
        Ok(self.writer.write(NumberHalf(change.body.clone())).await?)
    }

    /// The second transaction: the hold, and the answer for the client.
    pub async fn settle_money_half(&self, change: &Change<PurchaseSettlement>) -> Result<(), StoreError> {
        Ok(self.writer.write(MoneyHalf(change.body.clone())).await?)
    }
}

//! A mistake on purpose: a store that settles a purchase in two transactions, each with a fate of its own.

use trunkline_domain::Change;
use trunkline_provisioning::port::{PurchaseSettlement, SettleAnswer, StoreError};

use super::Link;

impl Link {
    pub(super) async fn settle_in_two(
        &self,
        change: &Change<PurchaseSettlement>,
    ) -> Result<SettleAnswer, StoreError> {
        let number = || self.store.settle_number_half(change);
        let answer = self.process.ask_store("purchases.settle (number)", number).await?;
        if let SettleAnswer::Settled(_) = answer {
            let money = || self.store.settle_money_half(change);
            self.process.ask_store("purchases.settle (money)", money).await?;
        }
        Ok(answer)
    }
}

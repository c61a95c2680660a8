//! Orders: the port of purchases, and the port for reading orders.
//!
//! Every transition reads the order's row first and asks the domain's state machine; the writer's transaction keeps
//! everybody else out until it commits, so what was read still holds when it writes.

mod abort;
mod late_success;
mod open;
mod park;
mod reading;
mod refer;
mod row;
mod settle;
#[cfg(feature = "mutants")]
mod settle_in_two;
mod stalled;

use async_trait::async_trait;
use trunkline_domain::{Change, RequestKey};
use trunkline_provisioning::port::{
    LateSuccess, OpenAnswer, PurchaseAbort, PurchaseOpening, PurchaseParking, PurchaseReferral,
    PurchaseSettlement, PurchaseStore, Repeat, SettleAnswer, StalledOrder, StoreError, Transition,
};
use trunkline_provisioning::{LeaseTerms, PurchaseEnd};

use self::stalled::ClaimStalledOrders;
use super::SqliteStore;

#[async_trait]
impl PurchaseStore for SqliteStore {
    async fn open(&self, change: &Change<PurchaseOpening>) -> Result<OpenAnswer, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn repeat(&self, request: &RequestKey) -> Result<Option<Repeat<PurchaseEnd>>, StoreError> {
        Ok(self.repeat_of(request).await?)
    }

    async fn settle(&self, change: &Change<PurchaseSettlement>) -> Result<SettleAnswer, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn abort(&self, change: &Change<PurchaseAbort>) -> Result<Transition, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn park(&self, change: &Change<PurchaseParking>) -> Result<Transition, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn refer(&self, change: &Change<PurchaseReferral>) -> Result<Transition, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn record_late_success(&self, change: &Change<LateSuccess>) -> Result<Transition, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn claim_stalled(&self, terms: LeaseTerms, limit: u16) -> Result<Vec<StalledOrder>, StoreError> {
        Ok(self.writer.write(ClaimStalledOrders { terms, limit }).await?)
    }
}

//! Orders' transitions.

use async_trait::async_trait;
use trunkline_domain::{Change, RequestKey};
use trunkline_provisioning::port::{
    LateSuccess, OpenAnswer, PurchaseAbort, PurchaseOpening, PurchaseParking, PurchaseReferral,
    PurchaseSettlement, PurchaseStore, Repeat, SettleAnswer, StalledOrder, StoreError, Transition,
};
use trunkline_provisioning::{LeaseTerms, Mutant, PurchaseEnd};

use super::Link;

#[async_trait]
impl PurchaseStore for Link {
    async fn open(&self, change: &Change<PurchaseOpening>) -> Result<OpenAnswer, StoreError> {
        self.process.ask_store("purchases.open", || self.store.open(change)).await
    }

    async fn repeat(&self, request: &RequestKey) -> Result<Option<Repeat<PurchaseEnd>>, StoreError> {
        let call = || PurchaseStore::repeat(&self.store, request);
        self.process.ask_store("purchases.repeat", call).await
    }

    async fn settle(&self, change: &Change<PurchaseSettlement>) -> Result<SettleAnswer, StoreError> {
        if Mutant::SettleInTwo.is_made() {
            return self.settle_in_two(change).await;
        }
        let answer = self.process.ask_store("purchases.settle", || self.store.settle(change)).await;
        if let Ok(SettleAnswer::OrderFailed) = answer {
            self.witness.hears_of_late_evidence(change.body.order, self.process.name());
        }
        answer
    }

    async fn abort(&self, change: &Change<PurchaseAbort>) -> Result<Transition, StoreError> {
        self.process.ask_store("purchases.abort", || self.store.abort(change)).await
    }

    async fn park(&self, change: &Change<PurchaseParking>) -> Result<Transition, StoreError> {
        let call = || PurchaseStore::park(&self.store, change);
        self.process.ask_store("purchases.park", call).await
    }

    async fn refer(&self, change: &Change<PurchaseReferral>) -> Result<Transition, StoreError> {
        let call = || PurchaseStore::refer(&self.store, change);
        self.process.ask_store("purchases.refer", call).await
    }

    async fn record_late_success(&self, change: &Change<LateSuccess>) -> Result<Transition, StoreError> {
        self.witness.sees_it_noted(change.body.order);
        let call = || self.store.record_late_success(change);
        self.process.ask_store("purchases.record_late_success", call).await
    }

    async fn claim_stalled(&self, terms: LeaseTerms, limit: u16) -> Result<Vec<StalledOrder>, StoreError> {
        let call = || PurchaseStore::claim_stalled(&self.store, terms, limit);
        self.process.ask_store("purchases.claim_stalled", call).await
    }
}

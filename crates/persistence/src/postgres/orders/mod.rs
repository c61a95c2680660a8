//! Orders: the port of purchases, and the port for reading orders.
//!
//! Every transition is a function of the database, which locks the order's row and compares it with what the change
//! says. Which states a transition may leave is the domain's to say, so that comes with the change.

mod abort;
mod late_success;
mod open;
mod park;
mod reading;
mod refer;
mod settle;
mod stalled;

use async_trait::async_trait;
use trunkline_domain::{Change, OrderEvent, OrderState, RequestKey};
use trunkline_provisioning::port::{
    LateSuccess, OpenAnswer, PurchaseAbort, PurchaseOpening, PurchaseParking, PurchaseReferral,
    PurchaseSettlement, PurchaseStore, Repeat, SettleAnswer, StalledOrder, StoreError, Transition,
};
use trunkline_provisioning::{LeaseTerms, PurchaseEnd};

pub(super) use self::reading::{businesses_of, user_of, uuids};
use super::PostgresStore;
use super::answer::Answer;
use crate::error::Failure;
use crate::row::OrderRow;

#[async_trait]
impl PurchaseStore for PostgresStore {
    async fn open(&self, change: &Change<PurchaseOpening>) -> Result<OpenAnswer, StoreError> {
        Ok(self.open_purchase(change).await?)
    }

    async fn repeat(&self, request: &RequestKey) -> Result<Option<Repeat<PurchaseEnd>>, StoreError> {
        Ok(self.repeat_of(request).await?)
    }

    async fn settle(&self, change: &Change<PurchaseSettlement>) -> Result<SettleAnswer, StoreError> {
        Ok(self.settle_purchase(change).await?)
    }

    async fn abort(&self, change: &Change<PurchaseAbort>) -> Result<Transition, StoreError> {
        Ok(self.abort_purchase(change).await?)
    }

    async fn park(&self, change: &Change<PurchaseParking>) -> Result<Transition, StoreError> {
        Ok(self.park_purchase(change).await?)
    }

    async fn refer(&self, change: &Change<PurchaseReferral>) -> Result<Transition, StoreError> {
        Ok(self.refer_purchase(change).await?)
    }

    async fn record_late_success(&self, change: &Change<LateSuccess>) -> Result<Transition, StoreError> {
        Ok(self.note_late_success(change).await?)
    }

    async fn claim_stalled(&self, terms: LeaseTerms, limit: u16) -> Result<Vec<StalledOrder>, StoreError> {
        Ok(self.claim_stalled_orders(terms, limit).await?)
    }
}

/// The states that something may happen in, for binding.
fn states_before(event: OrderEvent) -> Vec<&'static str> {
    OrderState::ALL.into_iter().filter(|state| state.after(event).is_ok()).map(OrderState::as_str).collect()
}

/// What a function's answer says of a transition.
fn transition(function: &'static str, answer: Answer<OrderRow>) -> Result<Transition, Failure> {
    match answer.outcome.as_str() {
        "applied" => Ok(Transition::Applied(answer.row()?.order()?)),
        "stale" => Ok(Transition::Stale(answer.row()?.order()?)),
        _ => Err(answer.unknown(function)),
    }
}

//! Numbers.

use async_trait::async_trait;
use trunkline_domain::{Change, NumberId, OwnedNumber, PhoneNumber, ProviderIdentity};
use trunkline_provisioning::port::{
    NumberFilter, NumberPage, NumberRecording, NumberStore, NumberUpdate, Place, RecordAnswer, Scope,
    StoreError, UpdateAnswer,
};

use super::Link;

#[async_trait]
impl NumberStore for Link {
    async fn number(&self, scope: &Scope, id: NumberId) -> Result<Option<OwnedNumber>, StoreError> {
        self.process.ask_store("numbers.number", || self.store.number(scope, id)).await
    }

    async fn place_of_number(&self, id: NumberId) -> Result<Option<Place>, StoreError> {
        self.process.ask_store("numbers.place", || self.store.place_of_number(id)).await
    }

    async fn number_by_identity(
        &self,
        identity: &ProviderIdentity,
    ) -> Result<Option<OwnedNumber>, StoreError> {
        let call = || self.store.number_by_identity(identity);
        self.process.ask_store("numbers.number_by_identity", call).await
    }

    async fn number_by_phone(&self, phone_number: &PhoneNumber) -> Result<Option<OwnedNumber>, StoreError> {
        let call = || self.store.number_by_phone(phone_number);
        self.process.ask_store("numbers.number_by_phone", call).await
    }

    async fn numbers(&self, filter: &NumberFilter) -> Result<NumberPage, StoreError> {
        self.process.ask_store("numbers.numbers", || self.store.numbers(filter)).await
    }

    async fn update(&self, change: &Change<NumberUpdate>) -> Result<UpdateAnswer, StoreError> {
        self.process.ask_store("numbers.update", || self.store.update(change)).await
    }

    async fn record(&self, change: &Change<NumberRecording>) -> Result<RecordAnswer, StoreError> {
        self.process.ask_store("numbers.record", || self.store.record(change)).await
    }
}

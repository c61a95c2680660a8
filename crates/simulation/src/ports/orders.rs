//! Orders, for reading.

use async_trait::async_trait;
use trunkline_domain::{Order, OrderId};
use trunkline_provisioning::port::{OrderFilter, OrderPage, OrderStore, Place, Scope, StoreError};

use super::Link;

#[async_trait]
impl OrderStore for Link {
    async fn order(&self, scope: &Scope, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.process.ask_store("orders.order", || self.store.order(scope, id)).await
    }

    async fn place_of_order(&self, id: OrderId) -> Result<Option<Place>, StoreError> {
        self.process.ask_store("orders.place", || self.store.place_of_order(id)).await
    }

    async fn orders(&self, filter: &OrderFilter) -> Result<OrderPage, StoreError> {
        self.process.ask_store("orders.orders", || self.store.orders(filter)).await
    }
}

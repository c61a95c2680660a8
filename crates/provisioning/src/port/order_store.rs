//! The port to the orders for reading.

use async_trait::async_trait;
use trunkline_domain::{BusinessId, Order, OrderId, OrderState};

use super::{Place, Scope, StoreError};

/// Reads orders.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait OrderStore: Send + Sync {
    /// One order, if it is within the scope.
    async fn order(&self, scope: &Scope, id: OrderId) -> Result<Option<Order>, StoreError>;

    /// Where an order is: in the business that it was bought for, wherever its number is now.
    async fn place_of_order(&self, id: OrderId) -> Result<Option<Place>, StoreError>;

    /// Orders, newest first.
    async fn orders(&self, filter: &OrderFilter) -> Result<OrderPage, StoreError>;
}

/// Which orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderFilter {
    /// Whose.
    pub scope: Scope,
    /// For this business.
    pub business: Option<BusinessId>,
    /// In which of these states; empty for all.
    pub states: Vec<OrderState>,
    /// From the one after this.
    pub after: Option<OrderId>,
    /// At most so many, 1 to 100.
    pub limit: u16,
}

/// One page of orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderPage {
    /// The orders.
    pub orders: Vec<Order>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<OrderId>,
}

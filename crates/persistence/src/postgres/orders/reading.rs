//! Reading orders.

use async_trait::async_trait;
use trunkline_domain::{BusinessId, Order, OrderId};
use trunkline_provisioning::port::{OrderFilter, OrderPage, OrderStore, Place, Scope, StoreError};
use uuid::Uuid;

use crate::columns::order_columns;
use crate::error::{Failure, Fault};
use crate::postgres::PostgresStore;
use crate::row::{OrderRow, PlaceRow, cut_page};

#[async_trait]
impl OrderStore for PostgresStore {
    async fn order(&self, scope: &Scope, id: OrderId) -> Result<Option<Order>, StoreError> {
        Ok(self.find_order(scope, id).await?)
    }

    async fn place_of_order(&self, id: OrderId) -> Result<Option<Place>, StoreError> {
        Ok(self.find_place_of_order(id).await?)
    }

    async fn orders(&self, filter: &OrderFilter) -> Result<OrderPage, StoreError> {
        Ok(self.find_orders(filter).await?)
    }
}

impl PostgresStore {
    async fn find_order(&self, scope: &Scope, id: OrderId) -> Result<Option<Order>, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT ",
            order_columns!(),
            " FROM trunkline.orders
              WHERE id = $1 AND ($2::text IS NULL OR user_id = $2) AND ($3::uuid[] IS NULL OR business_id = ANY ($3))"
        ));
        let query = query.bind(id.as_uuid()).bind(user_of(scope)).bind(businesses_of(scope));
        let row: Option<OrderRow> = self.pool.find(query).await?;
        Ok(row.map(|row| row.order()).transpose()?)
    }

    async fn find_place_of_order(&self, id: OrderId) -> Result<Option<Place>, Failure> {
        let query = sqlx::query_as("SELECT user_id, business_id FROM trunkline.orders WHERE id = $1");
        let row: Option<PlaceRow> = self.pool.find(query.bind(id.as_uuid())).await?;
        Ok(row.map(|row| row.place()).transpose()?)
    }

    async fn find_orders(&self, filter: &OrderFilter) -> Result<OrderPage, Failure> {
        let states: Vec<&str> = filter.states.iter().map(|state| state.as_str()).collect();
        let query = sqlx::query_as(concat!(
            "SELECT ",
            order_columns!(),
            " FROM trunkline.orders
              WHERE ($1::text IS NULL OR user_id = $1)
                AND (cardinality($2::text[]) = 0 OR state = ANY ($2))
                AND ($3::uuid IS NULL OR (opened_at, id) <
                     (SELECT last.opened_at, last.id FROM trunkline.orders last
                      WHERE last.id = $3 AND ($1 IS NULL OR last.user_id = $1)
                        AND ($5::uuid[] IS NULL OR last.business_id = ANY ($5))))
                AND ($5 IS NULL OR business_id = ANY ($5))
                AND ($6::uuid IS NULL OR business_id = $6)
              ORDER BY opened_at DESC, id DESC LIMIT $4"
        ))
        .bind(user_of(&filter.scope))
        .bind(states)
        .bind(filter.after.map(|order| order.as_uuid()))
        // One more than the page holds, to see whether there is another.
        .bind(i64::from(filter.limit) + 1)
        .bind(businesses_of(&filter.scope))
        .bind(filter.business.map(|business| business.as_uuid()));
        let rows: Vec<OrderRow> = self.pool.list(query).await?;
        let orders = rows.iter().map(OrderRow::order).collect::<Result<Vec<Order>, Fault>>()?;
        let (orders, next) = cut_page(orders, filter.limit, |order| order.id);
        Ok(OrderPage { orders, next })
    }
}

/// Whose things are within a scope, for binding; null for everybody's.
pub(in crate::postgres) fn user_of(scope: &Scope) -> Option<&str> {
    match scope {
        Scope::User(user) | Scope::Within { owner: user, .. } => Some(user.as_str()),
        Scope::Everyone => None,
    }
}

/// In which businesses alone, for binding; null where that does not matter.
pub(in crate::postgres) fn businesses_of(scope: &Scope) -> Option<Vec<Uuid>> {
    match scope {
        Scope::Within { businesses, .. } => Some(uuids(businesses)),
        Scope::User(_) | Scope::Everyone => None,
    }
}

/// Ids of businesses, for binding.
pub(in crate::postgres) fn uuids(businesses: &[BusinessId]) -> Vec<Uuid> {
    businesses.iter().map(BusinessId::as_uuid).collect()
}

//! Reading orders.

use async_trait::async_trait;
use trunkline_domain::{Order, OrderId};
use trunkline_provisioning::port::{OrderFilter, OrderPage, OrderStore, Scope, StoreError};

use crate::columns::order_columns;
use crate::error::{Failure, Fault};
use crate::postgres::PostgresStore;
use crate::row::OrderRow;

#[async_trait]
impl OrderStore for PostgresStore {
    async fn order(&self, scope: &Scope, id: OrderId) -> Result<Option<Order>, StoreError> {
        Ok(self.find_order(scope, id).await?)
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
            " FROM trunkline.orders WHERE id = $1 AND ($2::text IS NULL OR user_id = $2)"
        ));
        let row: Option<OrderRow> = self.pool.find(query.bind(id.as_uuid()).bind(user_of(scope))).await?;
        Ok(row.map(|row| row.order()).transpose()?)
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
                      WHERE last.id = $3 AND ($1 IS NULL OR last.user_id = $1)))
              ORDER BY opened_at DESC, id DESC LIMIT $4"
        ))
        .bind(user_of(&filter.scope))
        .bind(states)
        .bind(filter.after.map(|order| order.as_uuid()))
        // One more than the page holds, to see whether there is another.
        .bind(i64::from(filter.limit) + 1);
        let rows: Vec<OrderRow> = self.pool.list(query).await?;
        let mut orders = rows.iter().map(OrderRow::order).collect::<Result<Vec<Order>, Fault>>()?;
        let limit = usize::from(filter.limit);
        let has_more = orders.len() > limit;
        orders.truncate(limit);
        let next = if has_more { orders.last().map(|order| order.id) } else { None };
        Ok(OrderPage { orders, next })
    }
}

/// Whose things are within a scope, for binding; null for everybody's.
pub(in crate::postgres) fn user_of(scope: &Scope) -> Option<&str> {
    match scope {
        Scope::User(user) => Some(user.as_str()),
        Scope::Everyone => None,
    }
}
